/** What can be known of a deployment without one: types, bundles, and that its modules load where no Node is. */
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { createContext, runInContext } from 'node:vm'
import { expect, test } from 'vitest'
import { bundleAll, bundleScript, modulePaths } from './bundle.fixture.ts'

const slow = { timeout: 120_000 } as const
const root = resolve(import.meta.dirname, '../../..')
const functions = join(root, 'backend/convex/convex')

test(
  'bundled as the CLI does it, nothing of Node, of React or of another host is pulled in',
  slow,
  async () => {
    const { inputs, bytes } = await bundleAll()
    expect(inputs).toContain('packages/noboil/src/hosts/convex/noboil.ts')
    const foreign =
      /^node:|node_modules\/(react|react-dom|ws|convex-test|spacetimedb|better-auth|hono|pino)\/|src\/(standins|live|cache|mirror|client|react)\/|src\/hosts\/(sqlite|memory|spacetimedb)\/|backend\/upstream\//
    expect(inputs.filter((path) => foreign.test(path))).toEqual([])
    // Convex takes 32 MiB of code; Convex Auth and Zod are most of this.
    expect(bytes).toBeLessThan(1024 * 1024)
  },
)

/** What Convex's runtime has beside the language: https://docs.convex.dev/functions/runtimes */
const runtime = {
  ...{ atob, btoa, console, crypto, CryptoKey, fetch, structuredClone, queueMicrotask },
  ...{ Blob, Event, EventTarget, File, FormData, Headers, Request, Response },
  ...{ AbortController, AbortSignal, TextDecoder, TextEncoder, URL, URLSearchParams },
  ...{ ReadableStream, TransformStream, WritableStream, setTimeout, clearTimeout },
  process: { env: { CONVEX_SITE_URL: 'https://happy-otter-1.convex.site' } },
}

interface Registered {
  readonly isPublic?: boolean
  readonly isInternal?: boolean
}

const isRegistered = (value: unknown): value is Registered =>
  typeof value === 'function' && 'exportArgs' in value

test(
  'every file loads in a runtime that is no Node, and its functions say who may call them',
  slow,
  async () => {
    const scope = createContext(runtime)
    runInContext(await bundleScript(), scope)
    // What a script declares is no property of its scope.
    const modules = runInContext('modules', scope) as Record<string, Record<string, unknown>>
    expect(Object.keys(modules).toSorted()).toEqual(modulePaths)
    const visible = Object.entries(modules).flatMap(([path, exported]) =>
      Object.entries(exported)
        .filter(([, value]) => isRegistered(value))
        .map(([name, value]) => ({ path: `${path}:${name}`, ...(value as Registered) })),
    )
    expect(visible.length).toBeGreaterThan(60)
    expect(visible.filter(({ isPublic, isInternal }) => isPublic === isInternal)).toEqual([])
    const internal = visible.filter(({ isInternal }) => isInternal).map(({ path }) => path)
    expect(internal.toSorted()).toEqual([
      'auth:store',
      'noboil:fetching',
      'noboil:flow',
      'noboil:look',
      'noboil:program',
      'noboil:sweep',
      'seed:admin',
      'seed:promote',
      'seed:votes',
      'users:assertAdmin',
    ])
  },
)

test('the generated files name every file that there is', async () => {
  const api = await readFile(join(functions, '_generated/api.d.ts'), 'utf8')
  const imported = [...api.matchAll(/import type \* as (\w+) from '\.\.\/(.+)\.js'/g)]
  expect(imported.map(([, , path]) => path)).toEqual(modulePaths)
  for (const [, name, path] of imported) {
    expect(name).toBe(path?.replaceAll('/', '_'))
    expect(api).toMatch(new RegExp(`^ {2}'?${path}'?: typeof ${name}$`, 'm'))
  }
})
