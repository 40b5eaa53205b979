/**
 * `npm start`: builds the web app when it is older than its sources, opens the database, fills it the first time, and serves.
 */
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { DefinitionError, isNoboilError } from 'noboil/node'
import { createApp } from './app.ts'
import { seed } from './seed.ts'
import { buildWeb } from './web.ts'

const root = resolve(import.meta.dirname, '../../..')
const adminEmail = 'admin@poll.example'

try {
  await start()
} catch (error) {
  if (!(error instanceof DefinitionError) && !isNoboilError(error)) throw error
  console.error(`\n${error.message}\n`)
  process.exit(1)
}

async function start(): Promise<void> {
  const port = portOf(process.env['PORT'])
  const hostname = process.env['HOST'] ?? '127.0.0.1'
  const dataDir = resolve(process.env['NOBOIL_DATA'] ?? join(root, 'backend/node/data'))
  mkdirSync(dataDir, { recursive: true })
  const webDir = await buildWeb(join(root, 'web/node/poll'), [
    join(root, 'web/ui'),
    join(root, 'packages/noboil/src'),
  ])
  const { app, auth } = createApp({
    dataDir,
    webDir,
    baseUrl: process.env['BASE_URL'] ?? `http://${hostname}:${port}`,
    admins: [adminEmail],
  })
  await app.start()
  await seed(app)
  const password = adminPassword(dataDir)
  await auth.createAccount({ email: adminEmail, password, name: 'Admin', role: 'admin' })
  const { url } = await app.listen({ port, hostname })
  console.log(`
  Poll is open at ${url}
  Open it in two browsers: a vote in one moves the tally in the other.

  Admin:  ${adminEmail}
          ${password}   (kept in ${join(dataDir, 'admin-password')})
  Data:   ${dataDir}
`)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void app.close().then(() => process.exit(0)))
  }
}

function portOf(text: string | undefined): number {
  const port = Number(text ?? 3000)
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port
  throw new DefinitionError(`PORT is '${text}'; it must be a number from 0 to 65535.`)
}

/** Made on the first start, and printed on every one: this is a demo. */
function adminPassword(dataDir: string): string {
  const file = join(dataDir, 'admin-password')
  if (!existsSync(file)) {
    writeFileSync(file, `${randomBytes(9).toString('base64url')}\n`, { mode: 0o600 })
  }
  return readFileSync(file, 'utf8').trim()
}
