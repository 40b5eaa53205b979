/** Two deployments, a Redis with a database for each, and a browser in front of each: everything a process of its own. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import { build } from 'vite'
import { startRedisServer } from '../../scripts/redis-server.ts'

export interface Deployed {
  readonly url: string
  readonly page: Page
  /** What the process has said on its standard output and error. */
  said(): string
  /** The lines of its cache log so far. */
  log(): readonly Readonly<Record<string, unknown>>[]
  start(): Promise<void>
  stop(signal: NodeJS.Signals): Promise<void>
}

export interface World {
  readonly local: Deployed
  readonly production: Deployed
  readonly content: string
  close(): Promise<void>
}

const account = { SERVICE_EMAIL: 'mirror@a.example', SERVICE_PASSWORD: 'the service password' }

export async function makeWorld(): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'noboil-mirrors-'))
  const content = join(folder, 'content.json')
  writeFileSync(
    content,
    JSON.stringify([
      { id: '1', title: 'First' },
      { id: '2', title: 'Second' },
    ]),
  )
  const page = join(folder, 'page')
  await buildPage(page)
  const redis = await startRedisServer()
  const browser = await chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  })
  const common = { CONTENT: content, PAGE: page, ...account }
  const redisUrl = (database: number): string => `${redis.url}/${database}`
  const production = await deploy(browser, join(folder, 'production'), {
    ...common,
    REDIS_URL: redisUrl(1),
  })
  const local = await deploy(browser, join(folder, 'local'), {
    ...common,
    REDIS_URL: redisUrl(2),
    CACHE_MIRRORS: production.url,
    CACHE_MIRRORS_PRIVATE: '1',
  })
  return {
    local,
    production,
    content,
    async close() {
      await browser.close()
      await local.stop('SIGTERM')
      await production.stop('SIGTERM')
      await redis.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function buildPage(outDir: string): Promise<void> {
  await build({
    root: join(import.meta.dirname, 'page'),
    configFile: false,
    logLevel: 'error',
    resolve: { conditions: ['noboil-source', 'module', 'browser', 'development|production'] },
    oxc: { jsx: { runtime: 'automatic' } },
    build: { outDir, emptyOutDir: true, target: 'es2024' },
  })
}

async function deploy(
  browser: Browser,
  folder: string,
  env: Readonly<Record<string, string>>,
): Promise<Deployed> {
  mkdirSync(folder)
  const port = await freePort()
  let child: ChildProcess | undefined
  let said = ''
  const start = async (): Promise<void> => {
    child = fork(join(import.meta.dirname, 'deployment.ts'), [], {
      execArgv: ['--conditions=noboil-source'],
      env: { PATH: process.env['PATH'], ...env, PORT: String(port), FOLDER: folder },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (part: Buffer) => (said += part.toString()))
    }
    const opened = once(child, 'message')
    const ended = once(child, 'exit').then(() => {
      throw new Error(`The deployment ended.\n${said}`)
    })
    ended.catch(() => {})
    await Promise.race([opened, ended])
  }
  await start()
  const url = `http://127.0.0.1:${port}`
  return {
    url,
    page: await (await browser.newContext({ baseURL: url })).newPage(),
    start,
    said: () => said,
    log: () =>
      readFileSync(join(folder, 'logs/cache.json'), 'utf8')
        .split('\n')
        .filter((line) => line.endsWith('}'))
        .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>),
    async stop(signal) {
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
      const exit = once(child, 'exit')
      child.kill(signal)
      await exit
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
