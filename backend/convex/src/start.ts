/**
 * `npm run start:convex`: both apps on Convex. With `CONVEX_URL` they talk to that deployment; without it, to a stand-in in this
 * process, which keeps nothing when it ends.
 */
import { join, resolve } from 'node:path'
import { buildWeb } from '@noboil/backend-node/web'
import { DefinitionError } from 'noboil/errors'
import { reachDeployment } from './reach.ts'
import { serveApps } from './serve.ts'
import { type StandIn, startStandIn } from './stand-in.ts'

const root = resolve(import.meta.dirname, '../../..')

try {
  await start()
} catch (error) {
  const sentence = sentenceOf(error)
  if (sentence === undefined) throw error
  console.error(`\n${sentence}\n`)
  process.exit(1)
}

async function start(): Promise<void> {
  const port = portOf('PORT', 3000)
  const address = process.env['CONVEX_URL']
  const deployed = address === undefined ? undefined : await reachDeployment(address)
  const standIn =
    deployed === undefined ? await startStandIn(portOf('CONVEX_PORT', 3210)) : undefined
  const folders = { '/': await build('poll'), '/movie': await build('movie') }
  const convexUrl = deployed ?? (standIn as StandIn).url
  const site = await serveApps({ folders, convexUrl, port })
  console.log(`
  Poll is open at ${site.url}
  Movie is open at ${site.url}/movie
${standIn === undefined ? `\n  Convex: ${deployed}\n` : aboutStandIn(standIn)}`)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      void Promise.all([site.close(), standIn?.close()]).then(() => process.exit(0))
    })
  }
}

/** What whoever started it can mend; undefined for everything else. */
function sentenceOf(error: unknown): string | undefined {
  const refused = error as NodeJS.ErrnoException & { readonly port?: number }
  const { code, port } = (refused.cause as typeof refused | undefined) ?? refused
  if (code === 'EADDRINUSE') {
    return `Port ${port} is in use: set PORT for the apps, CONVEX_PORT for the stand-in, to a free one.`
  }
  return error instanceof DefinitionError ? error.message : undefined
}

function aboutStandIn({ url, admin, films }: StandIn): string {
  return `
  Convex: a stand-in at ${url}; what is written is gone when it ends
  Admin:  ${admin.email}
          ${admin.password}
  Films:  ${films}
`
}

function build(app: string): Promise<string> {
  const sources = ['web/ui', 'web/cvx/shared', 'packages/noboil/src', 'backend/convex/convex']
  return buildWeb(
    join(root, 'web/cvx', app),
    sources.map((folder) => join(root, folder)),
  )
}

function portOf(name: string, byDefault: number): number {
  const text = process.env[name]
  const port = Number(text ?? byDefault)
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port
  throw new DefinitionError(`${name} is '${text}'; it must be a number from 0 to 65535.`)
}
