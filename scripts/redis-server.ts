/**
 * A Redis of a test's or a benchmark's own: on a free port, in a folder of its own, reached from this machine alone, with nothing
 * written to disk unless it is told to.
 * @module
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface RedisServer {
  readonly port: number
  /** Without a database. */
  readonly url: string
  /** To stop it for a while with `SIGSTOP`, and let it go on with `SIGCONT`. */
  signal(signal: NodeJS.Signals): void
  /** Ends it at once, with nothing saved. */
  kill(): Promise<void>
  /** Starts it again, with what was saved last. */
  restart(): Promise<void>
  close(): Promise<void>
}

/** Rejects with a sentence when there is no redis-server, or it does not start. */
export async function startRedisServer(): Promise<RedisServer> {
  const port = await freePort()
  const dir = mkdtempSync(join(tmpdir(), 'noboil-redis-'))
  let server = await launch(port, dir)
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    signal: (signal) => void server.kill(signal),
    kill: () => end(server),
    async restart() {
      server = await launch(port, dir)
    },
    async close() {
      await end(server)
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

async function launch(port: number, dir: string): Promise<ChildProcess> {
  const place = ['--port', String(port), '--bind', '127.0.0.1', '--dir', dir]
  const server = spawn('redis-server', [...place, '--save', '', '--appendonly', 'no'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await new Promise<void>((resolve, reject) => {
    let said = ''
    server.once('error', (error: NodeJS.ErrnoException) => {
      const isMissing = error.code === 'ENOENT'
      reject(
        isMissing
          ? new Error(
              'redis-server is not on this machine. As root, install it with: apt-get install redis-server',
            )
          : error,
      )
    })
    server.once('exit', () => reject(new Error(`redis-server ended: ${said.slice(-500)}`)))
    server.stdout?.on('data', (chunk: Buffer) => {
      said += chunk.toString()
      if (said.includes('Ready to accept connections')) resolve()
    })
  })
  return server
}

async function end(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return
  const ended = once(server, 'exit')
  server.kill('SIGKILL')
  await ended
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
