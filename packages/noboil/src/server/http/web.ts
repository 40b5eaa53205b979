/**
 * The built web apps: their files as they lie on the disk, an app's start page for every path that is a place within it.
 */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile, realpath, stat } from 'node:fs/promises'
import { extname, join, resolve, sep } from 'node:path'
import { Readable } from 'node:stream'
import { DefinitionError } from '../../errors/assert.ts'

export interface WebOptions {
  /** Holds `index.html`. */
  readonly dir: string
  /** Further apps, each under a path of its own: `{ '/shop': 'web/shop/dist' }`. They are built to be served from there. */
  readonly apps?: Readonly<Record<string, string>>
  /** Replaces the content security policy. */
  readonly contentSecurityPolicy?: string
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
  '.txt': 'text/plain; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.gif': 'image/gif',
  '.webp': 'image/webp',
  '.avif': 'image/avif',
  '.ico': 'image/x-icon',
  '.woff': 'font/woff',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
}

/** A name that changes with the content, as bundlers give it. */
const hashed = /[.-][A-Za-z0-9_-]{8,}\.[a-z0-9]+$/

/** One app: where it is found, and where it lies. */
interface Mount {
  /** Empty for the app at the root. */
  readonly path: string
  readonly dir: string
}

export class WebApp {
  /** The longest path first, so that the nearest app answers. */
  readonly #mounts: readonly Mount[]
  readonly #policy: string | undefined

  private constructor(mounts: readonly Mount[], policy: string | undefined) {
    this.#mounts = mounts
    this.#policy = policy
  }

  /** Throws {@link DefinitionError} when there is no app in the folder. */
  static async open(options: WebOptions): Promise<WebApp> {
    const apps = Object.entries(options.apps ?? {})
    for (const [path] of apps) assertMount(path)
    const found = await Promise.all(
      [['', options.dir] as const, ...apps].map(async ([path, folder]) => ({
        path,
        dir: await openDir(folder),
      })),
    )
    const nearest = found.toSorted((a, b) => b.path.length - a.path.length)
    return new WebApp(nearest, options.contentSecurityPolicy)
  }

  /** Undefined: nothing for this request. */
  async respond(request: Request): Promise<Response | undefined> {
    if (request.method !== 'GET' && request.method !== 'HEAD') return undefined
    const target = decodePath(new URL(request.url).pathname)
    const mount = this.#mounts.find(
      (each) => target === each.path || target?.startsWith(`${each.path}/`),
    )
    if (target === undefined || mount === undefined) return undefined
    const path = target.slice(mount.path.length) || '/'
    const isHead = request.method === 'HEAD'
    if (path !== '/' && path !== '/index.html') {
      const file = await find(mount.dir, path)
      if (file) return this.#file(file, request, isHead)
      // A file that is missing must not look like the app. A place within the app may end in an id, whose dots are no extension.
      if (fileName.test(path)) return undefined
    }
    return this.#start(mount.dir, isHead)
  }

  #file(file: Found, request: Request, isHead: boolean): Response {
    const etag = `"${file.size.toString(36)}-${file.changedMs.toString(36)}"`
    const headers: Record<string, string> = {
      'content-type': types[extname(file.path).toLowerCase()] ?? 'application/octet-stream',
      'cache-control': hashed.test(file.path) ? 'public, max-age=31536000, immutable' : 'no-cache',
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin',
      etag,
    }
    if (request.headers.get('if-none-match') === etag)
      return new Response(null, { status: 304, headers })
    headers['content-length'] = String(file.size)
    if (isHead) return new Response(null, { headers })
    const body = Readable.toWeb(
      createReadStream(file.path),
    ) as unknown as ReadableStream<Uint8Array>
    return new Response(body, { headers })
  }

  async #start(dir: string, isHead: boolean): Promise<Response> {
    const html = await readFile(join(dir, 'index.html'), 'utf8')
    const headers = {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-cache',
      'content-security-policy': this.#policy ?? policyFor(html),
      'cross-origin-opener-policy': 'same-origin',
      'permissions-policy': 'camera=(), geolocation=(), microphone=()',
      'referrer-policy': 'strict-origin-when-cross-origin',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    }
    return new Response(isHead ? null : html, { headers })
  }
}

/** Only this server's own code, with the inline scripts of its start page allowed one by one. */
export function policyFor(html: string): string {
  const scripts = [...html.matchAll(/<script(?![^>]*\bsrc=)[^>]*>([^]*?)<\/script>/gi)].map(
    ([, code]) =>
      `'sha256-${createHash('sha256')
        .update(code as string)
        .digest('base64')}'`,
  )
  return [
    "default-src 'self'",
    `script-src ${["'self'", ...scripts].join(' ')}`,
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob: https:",
    "font-src 'self' data:",
    "connect-src 'self'",
    "object-src 'none'",
    "base-uri 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ')
}

interface Found {
  readonly path: string
  readonly size: number
  readonly changedMs: number
}

async function find(dir: string, path: string): Promise<Found | undefined> {
  if (path.split('/').some((part) => part.startsWith('.'))) return undefined
  try {
    const real = await realpath(join(dir, path))
    if (!real.startsWith(dir + sep)) return undefined
    const found = await stat(real)
    return found.isFile()
      ? { path: real, size: found.size, changedMs: Math.floor(found.mtimeMs) }
      : undefined
  } catch {
    return undefined
  }
}

async function openDir(folder: string): Promise<string> {
  const dir = resolve(folder)
  try {
    await stat(join(dir, 'index.html'))
  } catch {
    throw new DefinitionError(
      `There is no web app in ${dir}: it holds no index.html. Build it first.`,
    )
  }
  return realpath(dir)
}

function assertMount(path: string): void {
  if (/^(\/[A-Za-z0-9_-]+)+$/.test(path) && path !== '/api' && !path.startsWith('/api/')) return
  throw new DefinitionError(
    `web.apps: '${path}' cannot be an app's path. Write it as '/shop', outside of /api.`,
  )
}

/** Ends as files do: in a short extension. */
const fileName = /\.[A-Za-z0-9]{1,10}$/

function decodePath(path: string): string | undefined {
  try {
    const decoded = decodeURIComponent(path)
    return decoded.includes('\0') || decoded.includes('\\') ? undefined : decoded
  } catch {
    return undefined
  }
}
