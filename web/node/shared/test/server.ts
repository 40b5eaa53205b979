/**
 * The demo as `npm start` starts it, on a data folder of its own; alone, or with the mirror that `npm run start:mirror` opens beside it.
 */
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

export interface Pair extends Server {
  readonly mirror: Server
}

/** People in front of one server. `env`: what it is told. */
export const useServer = (env: Environment = {}): Stage<Server> => useStage(() => startServer(env))

/** People in front of two deployments that tell each other what to forget. */
export const usePair = (env: Environment = {}): Stage<Pair> => useStage(() => startPair(env))

/** `env`: what the server is told beside its port and folder. */
export async function startServer(env: Environment = {}): Promise<Server> {
  const dataDir = await mkdtemp(join(tmpdir(), 'noboil-demo-'))
  const port = await freePort()
  return serve({
    dataDir,
    url: `http://127.0.0.1:${port}`,
    // It tells nobody: whoever listens one port further is none of ours.
    env: { CACHE_MIRRORS: '', ...env, PORT: String(port), NOBOIL_DATA: dataDir },
  })
}

/** At ports that are free, unless `env` names them. */
export async function startPair(env: Environment = {}): Promise<Pair> {
  const dataDir = await mkdtemp(join(tmpdir(), 'noboil-demo-'))
  const free = await Promise.all([freePort(), freePort()])
  const { PORT: port = String(free[0]), MIRROR_PORT: mirrorPort = String(free[1]) } = env
  const both = { ...env, PORT: port, MIRROR_PORT: mirrorPort, NOBOIL_DATA: dataDir }
  const first = await serve({ dataDir, url: `http://127.0.0.1:${port}`, env: both })
  const mirror = await serve({
    dataDir: join(dataDir, 'mirror'),
    url: `http://localhost:${mirrorPort}`,
    env: both,
    args: ['--mirror'],
  })
  return {
    ...first,
    mirror,
    close: async () => {
      const codes = [await mirror.close(), await first.close()]
      return codes.find((code) => code !== 0) ?? 0
    },
  }
}

export const demoScript = 'backend/node/src/start.ts'

interface Serving {
  readonly dataDir: string
  readonly url: string
  readonly env: Environment
  readonly args?: readonly string[]
}

async function serve({ dataDir, url, env, args }: Serving): Promise<Server> {
  const run = () => startScript(demoScript, env, `Movie is open at ${url}/movie`, args)
  let running = await run()
  return {
    url,
    admin: {
      email: 'admin@poll.example',
      password: (await readFile(join(dataDir, 'admin-password'), 'utf8')).trim(),
    },
    kill: async () => void (await end(running, 'SIGKILL')),
    start: async () => {
      running = await run()
    },
    close: async () => {
      const code = await end(running, 'SIGTERM')
      await rm(dataDir, { recursive: true, force: true })
      return code
    },
  }
}
