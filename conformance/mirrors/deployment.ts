/**
 * One deployment, as a process of its own: routes of an app's own making that answer out of the cache, on a server with streams,
 * accounts and mirrors.
 */
import { createServer } from 'node:http'
import { join } from 'node:path'
import { cacheStatus, getCache } from 'noboil/cache'
import { noboil } from 'noboil/node'
import { betterAuth } from 'noboil/node/better-auth'
import { readPosts, writePost } from './content.ts'

const {
  PORT = '0',
  FOLDER = '.',
  CONTENT = '',
  PAGE = '',
  SERVICE_EMAIL = '',
  SERVICE_PASSWORD = '',
} = process.env

const appCache = getCache({
  dependencies: {
    posts: ['categories', 'pictures'],
    pages: ['categories', 'pictures', 'translations'],
    categories: ['types'],
    translations: [],
    feed: ['posts', 'pages', 'categories'],
    auth: [],
  },
  log: { file: join(FOLDER, 'logs/cache.json') },
})
const auth = betterAuth({ database: join(FOLDER, 'accounts.db'), log: { level: 'silent' } })
const app = noboil({
  database: join(FOLDER, 'app.db'),
  auth,
  cache: appCache,
  tables: () => ({}),
  web: { dir: PAGE },
  log: { level: 'silent' },
})

await app.start()
const account = { email: SERVICE_EMAIL, password: SERVICE_PASSWORD }
await auth.createAccount({ ...account, name: 'Mirror', role: 'service' })

const rest = await app.listener()
const server = createServer((request, response) => {
  const { method = 'GET', url = '/' } = request
  const id = /^\/api\/posts(?:\/(\w+))?$/.exec(url)
  const answer = (value: unknown, headers: Record<string, string> = {}): void => {
    response.writeHead(200, { 'content-type': 'application/json', ...headers })
    response.end(JSON.stringify(value))
  }
  if (id === null) return rest(request, response)
  const work = method === 'PATCH' ? update(id[1] ?? '') : show(id[1])
  work.catch(() => response.writeHead(500).end())

  async function show(of: string | undefined): Promise<void> {
    const options = { type: 'posts', ttlMs: 3_600_000, ...(of === undefined ? {} : { ids: [of] }) }
    const remembered = await appCache.rememberWithStatus(url, options, async () => {
      const posts = await readPosts(CONTENT)
      return of === undefined ? posts : posts.find((post) => post.id === of)
    })
    answer(remembered.value, { 'cache-status': cacheStatus(remembered) })
  }

  /** Step 1 of the flow, and what its handler does in steps 2 and 3. */
  async function update(of: string): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const { title } = JSON.parse(Buffer.concat(chunks).toString()) as { title: string }
    await writePost(CONTENT, of, title)
    await appCache.invalidate('post')
    await appCache.notify('post', of, 'update')
    answer({ id: of, title })
  }
})
server.listen(Number(PORT), '127.0.0.1', () => process.send?.('open'))

process.once('SIGTERM', () => {
  server.close()
  void app
    .close()
    .then(() => appCache.close())
    .then(() => process.exit(0))
})
