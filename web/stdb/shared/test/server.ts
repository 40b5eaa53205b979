/**
 * The demo as `npm run start:spacetimedb` starts it, on a stand-in of its own.
 */
import { type Demo, end, type Environment, freePort, startScript } from '@noboil/web-testing/demo'
import { type Stage, useStage } from '@noboil/web-testing/stage'

export interface Server extends Demo {
  /** The database that its pages talk to. */
  readonly database: string
}

/** People in front of one server. `env`: what it is told. */
export const useServer = (env: Environment = {}): Stage<Server> => useStage(() => startServer(env))

/** `env`: what the server is told beside its ports and the admin's password. */
export async function startServer(env: Environment = {}): Promise<Server> {
  const [port, databasePort] = [await freePort(), await freePort()]
  const password = 'only-for-the-tests'
  const running = await startScript(
    'backend/spacetimedb/src/start.ts',
    {
      ...env,
      PORT: String(port),
      SPACETIMEDB_PORT: String(databasePort),
      ADMIN_PASSWORD: password,
      UPSTREAM_PORT: '0',
    },
    `Movie is open at http://127.0.0.1:${port}/movie`,
  )
  return {
    url: `http://127.0.0.1:${port}`,
    database: `http://127.0.0.1:${databasePort}`,
    admin: { email: 'admin@poll.example', password },
    close: () => end(running, 'SIGTERM'),
  }
}
