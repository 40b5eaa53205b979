/**
 * A demo as its npm script starts it: a process of its own.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { resolve } from 'node:path'

/** What every host's demo gives its tests. */
export interface Demo {
  readonly url: string
  readonly admin: { readonly email: string; readonly password: string }
  /** Ends it as Ctrl-C does. Answers its exit code. */
  readonly close: () => Promise<number | null>
}

export type Environment = Readonly<Record<string, string>>

const root = resolve(import.meta.dirname, '../../..')

/** Runs `script`, a path from the root of the repository, and waits until it has said `sentence`. */
export async function startScript(
  script: string,
  env: Environment,
  sentence: string,
  args: readonly string[] = [],
): Promise<ChildProcess> {
  const command = ['--conditions=noboil-source', resolve(root, script), ...args]
  const child = spawn(process.execPath, command, {
    cwd: root,
    // Not the test runner's own: it says NODE_ENV=test and a BASE_URL of its pages.
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  await new Promise<void>((open, fail) => {
    const listen = (part: Buffer): void => {
      said += part.toString()
      if (said.includes(sentence)) open()
    }
    child.stdout.on('data', listen)
    child.stderr.on('data', listen)
    child.once('error', fail)
    child.once('exit', (code) => fail(new Error(`${script} ended with ${code}.\n${said}`)))
  })
  return child
}

/** Ends a process that {@link startScript} started. Answers its exit code; null: the signal ended it. */
export async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) {
    const exit = once(child, 'exit')
    child.kill(signal)
    await exit
  }
  return child.exitCode
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
