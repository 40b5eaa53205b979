/** The built pages, with the address of their database written into them, and the accounts beside them. */
import { readFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { extname, join } from 'node:path'
import { createAdaptorServer } from '@hono/node-server'
import { serveStatic } from '@hono/node-server/serve-static'
import { Hono } from 'hono'
import type { Accounts } from './accounts/accounts.ts'
import { accountRoutes } from './accounts/routes.ts'

export interface SiteOptions {
  /** The built apps. */
  readonly poll: string
  readonly movie: string
  readonly accounts: Accounts
  readonly database: { readonly uri: string; readonly name: string }
  readonly port: number
}

export interface Site {
  readonly url: string
  readonly close: () => Promise<void>
}

export async function openSite(options: SiteOptions): Promise<Site> {
  const { poll, movie, accounts, port } = options
  const app = new Hono()
  app.route('/accounts', accountRoutes(accounts))
  for (const [base, folder] of [
    ['/movie', movie],
    ['', poll],
  ] as const) {
    const files = serveStatic({
      root: folder,
      rewriteRequestPath: (path) => path.slice(base.length),
    })
    app.get(`${base}/*`, async (c, next) => {
      if (extname(c.req.path) !== '') return (await files(c, next)) ?? c.notFound()
      // Every other address is the app's own.
      const page = await readFile(join(folder, 'index.html'), 'utf8')
      return c.html(withMeta(page, options.database), 200, { 'cache-control': 'no-cache' })
    })
  }
  const server = createAdaptorServer(app)
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  server.listen(port, '127.0.0.1', resolve)
  await promise
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((done) => {
        server.close(() => done())
        if ('closeAllConnections' in server) server.closeAllConnections()
      }),
  }
}

function withMeta(page: string, { uri, name }: SiteOptions['database']): string {
  const meta = (key: string, value: string): string =>
    `<meta name="spacetimedb-${key}" content="${escaped(value)}" />`
  return page.replace('</head>', `  ${meta('uri', uri)}\n  ${meta('database', name)}\n  </head>`)
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;')
