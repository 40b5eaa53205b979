/**
 * `npm start`: builds the web apps that are older than their sources, starts the film catalogue, fills the database the first time,
 * and serves. `npm run start:mirror` does the same beside it, as a second deployment: the two tell each other what to forget.
 */
import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type AppCache, createAppCache } from 'noboil/cache'
import { DefinitionError, isNoboilError, type MirrorConfig } from 'noboil/node'
import { createApp, databaseIn } from './app.ts'
import { type Config, configFrom, type ServiceAccount } from './config.ts'
import { catalogueSource } from './movies/catalogue.ts'
import { startCatalogue } from './movies/process.ts'
import { cacheDependencies } from './movies/recalls.ts'
import type { MovieSource } from './movies/source.ts'
import { tmdbSource } from './movies/tmdb.ts'
import { seed } from './seed.ts'
import { assertFirst, secretIn, serviceOf } from './service.ts'
import { buildWeb } from './web.ts'
import { cacheLogIn, welcome } from './welcome.ts'

const root = resolve(import.meta.dirname, '../../..')
const adminEmail = 'admin@poll.example'
/** Whoever watches two terminals does not wait minutes for a deployment that has just been opened. */
const maxRetryMs = 4_000

interface Films {
  readonly source: MovieSource
  /** For people, after "Films:". */
  readonly about: string
  readonly stop: () => void
}

try {
  await start()
} catch (error) {
  if (!(error instanceof DefinitionError) && !isNoboilError(error)) throw error
  console.error(`\n${error.message}\n`)
  process.exit(1)
}

async function start(): Promise<void> {
  const config = configFrom(process.env, process.argv.slice(2), join(root, 'backend/node'))
  const { dataDir, baseUrl, port, hostname, isMirror, peerUrl } = config
  const peer = peerUrl === null ? null : new URL(peerUrl).host
  const service = serviceOf(config)
  if (isMirror && peerUrl !== null) await assertFirst(peerUrl, service)
  mkdirSync(dataDir, { recursive: true })
  const web = { poll: await build('poll'), movie: await build('movie') }
  const films = await openFilms(config.tmdbKey)
  const cache = openCache(config)
  const { app, auth } = createApp({
    dataDir,
    baseUrl,
    web,
    movies: films.source,
    cache,
    mirrors: mirrorsOf(config, service),
    peer: config.tellsPeer ? peer : null,
    deployment: isMirror ? `Mirror of ${peer}` : null,
    admins: [adminEmail],
  })
  const close = async (): Promise<void> => {
    films.stop()
    await app.close()
    await cache.close()
  }
  try {
    await seed(databaseIn(dataDir), films.source, Date.now())
    await app.start()
    const password = secretIn(join(dataDir, 'admin-password'))
    await auth.createAccount({ email: adminEmail, password, name: 'Admin', role: 'admin' })
    await auth.createAccount({ ...service, name: 'Mirror', role: 'service' })
    const { url } = await app.listen({ port, hostname })
    const open = baseUrl.startsWith('http://localhost:') ? baseUrl : url
    console.log(welcome(config, { open, adminEmail, password, films: films.about }))
  } catch (error) {
    await close()
    throw error
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void close().then(() => process.exit(0)))
  }
}

function build(app: string): Promise<string> {
  const sources = ['web/ui', 'web/node/shared', 'packages/noboil/src']
  return buildWeb(
    join(root, 'web/node', app),
    sources.map((folder) => join(root, folder)),
  )
}

async function openFilms(tmdbKey: string | undefined): Promise<Films> {
  if (tmdbKey !== undefined) {
    return { source: tmdbSource(tmdbKey), about: 'TMDB, with your TMDB_KEY', stop: () => {} }
  }
  const { url, stop } = await startCatalogue({
    UPSTREAM_PORT: process.env['UPSTREAM_PORT'],
    UPSTREAM_DELAY_MS: process.env['UPSTREAM_DELAY_MS'],
  })
  return {
    source: catalogueSource(url),
    about: `the bundled catalogue at ${url}, slow on purpose`,
    stop,
  }
}

function openCache({ dataDir, redisUrl, isMirror }: Config): AppCache {
  const log = { file: cacheLogIn(dataDir) }
  const dependencies = cacheDependencies
  if (redisUrl === undefined) return createAppCache({ dependencies, log })
  // Two deployments on one Redis are still two.
  const redis = isMirror ? { url: redisUrl, prefix: 'noboil.mirror' } : redisUrl
  return createAppCache({ dependencies, log, redis })
}

function mirrorsOf(
  { tellsPeer, peerUrl }: Config,
  service: ServiceAccount,
): MirrorConfig | undefined {
  if (!tellsPeer || peerUrl === null) return undefined
  return { ...service, targets: [peerUrl], allowPrivate: true, maxRetryMs }
}
