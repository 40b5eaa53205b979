/**
 * The demo as `npm run start:convex` starts it, on a stand-in of its own.
 */
import { type Demo, end, type Environment, freePort, startScript } from '@noboil/web-testing/demo'
import { type Stage, useStage } from '@noboil/web-testing/stage'

export interface Server extends Demo {
  /** The deployment that its pages talk to. */
  readonly convexUrl: string
}

/** People in front of one server. `env`: what it is told. */
export const useServer = (env: Environment = {}): Stage<Server> => useStage(() => startServer(env))

/** `env`: what the server is told beside its ports and the admin's password. */
export async function startServer(env: Environment = {}): Promise<Server> {
  const [port, convexPort] = [await freePort(), await freePort()]
  const password = 'only-for-the-tests'
  const own = { PORT: String(port), CONVEX_PORT: String(convexPort), ADMIN_PASSWORD: password }
  const running = await startScript(
    'backend/convex/src/start.ts',
    { ...env, ...own },
    `Movie is open at http://127.0.0.1:${port}/movie`,
  )
  return {
    url: `http://127.0.0.1:${port}`,
    convexUrl: `http://127.0.0.1:${convexPort}`,
    admin: { email: 'admin@poll.example', password },
    close: () => end(running, 'SIGTERM'),
  }
}
