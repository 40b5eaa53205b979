/**
 * The demo as `npm start` starts it, on a data folder of its own.
 */
import type { ChildProcess } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Demo, end, type Environment, freePort, startScript } from '@noboil/web-testing/demo'
import { type Stage, useStage } from '@noboil/web-testing/stage'

export interface Server extends Demo {
  /** Ends it without warning, as a power cut would. */
  readonly kill: () => Promise<void>
  /** Starts it again, at the same address and with the same data. */
  readonly start: () => Promise<void>
  /** Ends it as Ctrl-C does and removes its data. Answers its exit code. */
  readonly close: () => Promise<number | null>
}

/** People in front of one server. `env`: what it is told. */
export const useServer = (env: Environment = {}): Stage<Server> => useStage(() => startServer(env))

/** `env`: what the server is told beside its port and folder. */
export async function startServer(env: Environment = {}): Promise<Server> {
  const dataDir = await mkdtemp(join(tmpdir(), 'noboil-demo-'))
  const port = await freePort()
  let running = await run(dataDir, port, env)
  return {
    url: `http://127.0.0.1:${port}`,
    admin: {
      email: 'admin@poll.example',
      password: (await readFile(join(dataDir, 'admin-password'), 'utf8')).trim(),
    },
    kill: async () => void (await end(running, 'SIGKILL')),
    start: async () => {
      running = await run(dataDir, port, env)
    },
    close: async () => {
      const code = await end(running, 'SIGTERM')
      await rm(dataDir, { recursive: true, force: true })
      return code
    },
  }
}

const run = (dataDir: string, port: number, env: Environment): Promise<ChildProcess> =>
  startScript(
    'backend/node/src/start.ts',
    { ...env, PORT: String(port), NOBOIL_DATA: dataDir },
    `Movie is open at http://127.0.0.1:${port}/movie`,
  )
