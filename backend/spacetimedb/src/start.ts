/**
 * `npm run start:spacetimedb`: both apps on SpacetimeDB. With `SPACETIMEDB_URI` they talk to the module that was published there;
 * without it, to a stand-in in this process.
 */
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { startCatalogue } from '@noboil/backend-node/movies/process'
import { buildWeb } from '@noboil/backend-node/web'
import { DefinitionError, isNoboilError } from 'noboil/errors'
import { setGlobalLogLevel } from 'spacetimedb'
import { Accounts, type AccountsState } from './accounts/accounts.ts'
import { clientOf, connected, type Database, deployedDatabase } from './database.ts'
import { fill } from './fill.ts'
import { openSite } from './site.ts'
import { startStandIn } from './stand-in.ts'
import { superviseWorker } from './supervise.ts'

const root = resolve(import.meta.dirname, '../../..')
setGlobalLogLevel('error')

const opened: (() => unknown)[] = []

try {
  await start()
} catch (error) {
  for (const close of opened.toReversed()) await close()
  if (!(error instanceof DefinitionError)) throw error
  console.error(`\n${error.message}\n`)
  process.exit(1)
}

async function start(): Promise<void> {
  const port = portOf('PORT', 3000)
  const isDeployed = process.env['SPACETIMEDB_URI'] !== undefined
  const folder = process.env['NOBOIL_DATA']
  if (folder !== undefined) mkdirSync(folder, { recursive: true })
  const accounts = await openAccounts(folder)
  const database = isDeployed
    ? deployedDatabase(process.env)
    : await startStandIn({ port: portOf('SPACETIMEDB_PORT', 3010), accounts, folder })
  opened.push(database.close)
  await prepare(database)
  const poll = await build('poll')
  const movie = await build('movie')
  const films = await openFilms(database)
  const admin = await ensureAdmin(accounts, folder)
  const site = await openSite({ poll, movie, accounts, database, port })
  opened.push(site.close)
  console.log(`
  Poll is open at ${site.url}
  Movie is open at ${site.url}/movie

  SpacetimeDB: ${database.about}
  Admin:  ${admin.email}
          ${admin.password}
  Films:  ${films}
`)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void end())
}

async function end(): Promise<void> {
  for (const close of opened.toReversed()) await close()
  process.exit(0)
}

async function openAccounts(folder: string | undefined): Promise<Accounts> {
  if (folder === undefined) return Accounts.open(undefined)
  const file = join(folder, 'accounts.json')
  const kept = existsSync(file)
    ? (JSON.parse(readFileSync(file, 'utf8')) as AccountsState)
    : undefined
  return Accounts.open(kept, (state) => {
    writeFileSync(`${file}.new`, JSON.stringify(state), { mode: 0o600 })
    renameSync(`${file}.new`, file)
  })
}

async function ensureAdmin(accounts: Accounts, folder: string | undefined) {
  const file = folder === undefined ? undefined : join(folder, 'admin-password')
  const kept =
    file !== undefined && existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined
  const password = kept ?? process.env['ADMIN_PASSWORD'] ?? randomBytes(9).toString('base64url')
  if (file !== undefined) writeFileSync(file, `${password}\n`, { mode: 0o600 })
  const admin = { email: 'admin@poll.example', password, name: 'Admin' }
  await accounts.ensureAdmin(admin)
  return admin
}

/** Sees that the database is there, and that there is something to look at. */
async function prepare(database: Database): Promise<void> {
  const owner = clientOf(database, database.owner)
  try {
    await connected(owner, database)
    if (owner.token !== database.owner) {
      throw new DefinitionError(`${database.uri} does not accept SPACETIMEDB_TOKEN.`)
    }
    await fill(database, owner)
  } catch (error) {
    if (!isNoboilError(error)) throw error
    throw new DefinitionError(
      `'${database.name}' could not be filled: ${error.message} Is SPACETIMEDB_TOKEN that of who published it?`,
    )
  } finally {
    owner.close()
  }
}

/** Starts the films' source and the worker that asks it. Answers what people are told of them. */
async function openFilms(database: Database): Promise<string> {
  const told = {
    SPACETIMEDB_URI: database.uri,
    SPACETIMEDB_DATABASE: database.name,
    SPACETIMEDB_TOKEN: database.worker,
  }
  const { TMDB_KEY } = process.env
  if (TMDB_KEY) {
    opened.push(superviseWorker({ ...told, TMDB_KEY }).stop)
    return 'TMDB, with your TMDB_KEY'
  }
  const { url, stop } = await startCatalogue({
    UPSTREAM_PORT: process.env['UPSTREAM_PORT'],
    UPSTREAM_DELAY_MS: process.env['UPSTREAM_DELAY_MS'],
  })
  opened.push(stop)
  opened.push(superviseWorker({ ...told, CATALOGUE_URL: url }).stop)
  return `the bundled catalogue at ${url}, slow on purpose`
}

function build(app: string): Promise<string> {
  const sources = ['web/ui', 'web/stdb/shared', 'packages/noboil/src', 'backend/spacetimedb/src']
  return buildWeb(
    join(root, 'web/stdb', app),
    sources.map((folder) => join(root, folder)),
  )
}

function portOf(name: string, byDefault: number): number {
  const text = process.env[name]
  const port = Number(text ?? byDefault)
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port
  throw new DefinitionError(`${name} is '${text}'; it must be a number from 0 to 65535.`)
}
