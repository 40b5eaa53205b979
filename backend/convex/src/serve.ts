/**
 * The built pages, with the address of their deployment written into them.
 */
import { readFile } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, normalize } from 'node:path'

export interface SiteOptions {
  /** Built apps by the path they are under: `/` takes what no other does. */
  readonly folders: Readonly<Record<string, string>>
  readonly convexUrl: string
  readonly port: number
}

export interface Site {
  readonly url: string
  readonly close: () => Promise<void>
}

export async function serveApps({ folders, convexUrl, port }: SiteOptions): Promise<Site> {
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://site').pathname
    answer(folders, convexUrl, path, response).catch(() => response.destroy())
  })
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  server.listen(port, '127.0.0.1', resolve)
  await promise
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.map': 'application/json',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
}

async function answer(
  folders: SiteOptions['folders'],
  convexUrl: string,
  path: string,
  response: ServerResponse,
): Promise<void> {
  const base =
    Object.keys(folders).find((base) => base !== '/' && `${path}/`.startsWith(`${base}/`)) ?? '/'
  const folder = folders[base] as string
  const inside = normalize(`/${path.slice(base === '/' ? 0 : base.length)}`)
  const file = extname(inside) === '' ? undefined : await read(join(folder, inside))
  if (file !== undefined) {
    response.writeHead(200, { 'content-type': types[extname(inside)] ?? 'text/plain' }).end(file)
  } else if (extname(inside) !== '') {
    response.writeHead(404).end('There is no such file.')
  } else {
    // Every other address is the app's own.
    const page = String(await readFile(join(folder, 'index.html')))
    const meta = `<meta name="convex-url" content="${escaped(convexUrl)}" />`
    response
      .writeHead(200, { 'content-type': types['.html'], 'cache-control': 'no-cache' })
      .end(page.replace('</head>', `  ${meta}\n  </head>`))
  }
}

const read = (path: string): Promise<Buffer | undefined> => readFile(path).catch(() => undefined)

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;')
