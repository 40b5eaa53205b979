/** A process that serves the app over HTTP, to be traced. */
import { createServer, serverLayouts } from '../../packages/noboil/src/server/server.ts'
import { assemble } from '../../packages/noboil/src/server/assemble.ts'
import { openSqliteHost } from '../../packages/noboil/src/hosts/sqlite/host.ts'
import { headerAuth, makeApp, tablesWith } from './app.ts'
import { readJob, tell } from './lines.ts'

export interface ServerJob {
  readonly file: string
  /** `app`: as everybody opens it. The others open the host by hand, the one place where durability can be given up. */
  readonly how: 'app' | 'commit' | 'none'
}

interface Served {
  listen(options: { port: number }): Promise<{ readonly port: number }>
  close(): Promise<void>
}

const { file, how } = readJob<ServerJob>()
const server = how === 'app' ? makeApp(file, { auth: headerAuth }) : await byHand(how)
const { port } = await server.listen({ port: 0 })
process.once('SIGTERM', () => void server.close())
tell({ is: 'open', port, pid: process.pid })

async function byHand(durability: 'commit' | 'none'): Promise<Served> {
  const app = assemble({ tables: tablesWith({}) })
  const layouts = [...app.layouts, ...serverLayouts]
  const host = await openSqliteHost({ file, layouts, durability })
  return createServer({
    host,
    tables: app.tables,
    users: app.users,
    contexts: app.contexts,
    functions: app.functions,
    maxPayloadBytes: app.settings.limits.maxPayloadBytes,
    auth: headerAuth,
    log: { level: 'silent' },
  })
}
