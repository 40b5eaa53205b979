/**
 * The demo as `npm start` starts it: a process of its own, on a data folder of its own.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

export interface Server {
  readonly url: string
  readonly admin: { readonly email: string; readonly password: string }
  /** Ends it without warning, as a power cut would. */
  readonly kill: () => Promise<void>
  /** Starts it again, at the same address and with the same data. */
  readonly start: () => Promise<void>
  /** Ends it as Ctrl-C does and removes its data. Answers its exit code. */
  readonly close: () => Promise<number | null>
}

/** `env`: what the server is told beside its port and folder. */
export async function startServer(env: Environment = {}): Promise<Server> {
  const dataDir = await mkdtemp(join(tmpdir(), 'noboil-demo-'))
  const port = await freePort()
  let running = await run(dataDir, port, env)
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    if (running.exitCode === null && running.signalCode === null) {
      const exit = once(running, 'exit')
      running.kill(signal)
      await exit
    }
    return running.exitCode
  }
  return {
    url: `http://127.0.0.1:${port}`,
    admin: {
      email: 'admin@poll.example',
      password: (await readFile(join(dataDir, 'admin-password'), 'utf8')).trim(),
    },
    kill: async () => void (await end('SIGKILL')),
    start: async () => {
      running = await run(dataDir, port, env)
    },
    close: async () => {
      const code = await end('SIGTERM')
      await rm(dataDir, { recursive: true, force: true })
      return code
    },
  }
}

const root = resolve(import.meta.dirname, '../../../..')

type Environment = Readonly<Record<string, string>>

async function run(dataDir: string, port: number, env: Environment): Promise<ChildProcess> {
  const child = spawn(
    process.execPath,
    ['--conditions=noboil-source', join(root, 'backend/node/src/start.ts')],
    {
      cwd: root,
      // Not the test runner's own: it says NODE_ENV=test and a BASE_URL of its pages.
      env: { PATH: process.env['PATH'], ...env, PORT: String(port), NOBOIL_DATA: dataDir },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  let said = ''
  await new Promise<void>((open, fail) => {
    const listen = (part: Buffer): void => {
      said += part.toString()
      if (said.includes(`Movie is open at http://127.0.0.1:${port}/movie`)) open()
    }
    child.stdout.on('data', listen)
    child.stderr.on('data', listen)
    child.once('error', fail)
    child.once('exit', (code) => fail(new Error(`The server ended with ${code}.\n${said}`)))
  })
  return child
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
