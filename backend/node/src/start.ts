/**
 * `npm start`: builds the web apps that are older than their sources, starts the film catalogue, opens the database, fills it
 * the first time, and serves. `npm run start:mirror` does the same beside it, as a second deployment.
 */
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { DefinitionError, isNoboilError } from 'noboil/node'
import { createApp } from './app.ts'
import { configFrom } from './config.ts'
import { catalogueSource } from './movies/catalogue.ts'
import { startCatalogue } from './movies/process.ts'
import type { MovieSource } from './movies/source.ts'
import { tmdbSource } from './movies/tmdb.ts'
import { seed } from './seed.ts'
import { buildWeb } from './web.ts'

const root = resolve(import.meta.dirname, '../../..')
const adminEmail = 'admin@poll.example'

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
  const { dataDir, baseUrl, deployment, port, hostname } = config
  mkdirSync(dataDir, { recursive: true })
  const web = { poll: await build('poll'), movie: await build('movie') }
  const films = await openFilms(config.tmdbKey)
  const { app, auth } = createApp({
    dataDir,
    baseUrl,
    deployment,
    web,
    movies: films.source,
    admins: [adminEmail],
  })
  try {
    await app.start()
    await seed(app)
    const password = adminPassword(dataDir)
    await auth.createAccount({ email: adminEmail, password, name: 'Admin', role: 'admin' })
    const { url } = await app.listen({ port, hostname })
    const open = baseUrl.startsWith('http://localhost:') ? baseUrl : url
    console.log(`
  Poll is open at ${open}
  Open it in two browsers: a vote in one moves the tally in the other.

  Movie is open at ${open}/movie
  Open a film twice: the second time it comes from the cache, and says so.

  Admin:  ${adminEmail}
          ${password}   (kept in ${join(dataDir, 'admin-password')})
  Films:  ${films.about}
  Data:   ${dataDir}
`)
  } catch (error) {
    films.stop()
    await app.close()
    throw error
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      films.stop()
      void app.close().then(() => process.exit(0))
    })
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

/** Made on the first start, and printed on every one: this is a demo. */
function adminPassword(dataDir: string): string {
  const file = join(dataDir, 'admin-password')
  if (!existsSync(file)) {
    writeFileSync(file, `${randomBytes(9).toString('base64url')}\n`, { mode: 0o600 })
  }
  return readFileSync(file, 'utf8').trim()
}
