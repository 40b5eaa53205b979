/**
 * The bundled catalogue as a process of its own, started again when it ends by itself.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'
import { DefinitionError } from 'noboil/node'

export interface CatalogueProcess {
  readonly url: string
  readonly stop: () => void
}

const script = join(import.meta.dirname, '../../../upstream/src/start.ts')

/** How often a catalogue that ends by itself is started again before that is an error of ours. */
const maxRestarts = 5

/** `env`: what the process is told, beside how to find programs. */
export async function startCatalogue(
  env: Readonly<Record<string, string | undefined>>,
): Promise<CatalogueProcess> {
  let stopped = false
  let restarts = 0
  let child: ChildProcess
  const start = async (port: string): Promise<string> => {
    child = fork(script, [], {
      env: { PATH: process.env['PATH'], ...env, UPSTREAM_PORT: port },
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    const url = await addressOf(child)
    child.once('exit', () => {
      if (stopped || restarts === maxRestarts) return
      restarts += 1
      // At the same address: the tables know no other.
      void start(new URL(url).port).catch(() => undefined)
    })
    return url
  }
  const url = await start(env['UPSTREAM_PORT'] ?? '0')
  return {
    url,
    stop: () => {
      stopped = true
      child.kill()
    },
  }
}

function addressOf(child: ChildProcess): Promise<string> {
  return new Promise((known, fail) => {
    const ended = (): void =>
      fail(
        new DefinitionError(
          'The film catalogue ended before it was open; what it said stands above.',
        ),
      )
    child.once('exit', ended)
    child.once('error', fail)
    child.once('message', (message) => {
      child.off('exit', ended)
      known((message as { readonly url: string }).url)
    })
  })
}
