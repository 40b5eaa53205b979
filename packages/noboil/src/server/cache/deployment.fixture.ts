/** Whole deployments: a file, accounts, a cache, a socket; and browsers that listen to their streams. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { boolean, object, string } from 'zod/v4'
import { onTestFinished } from 'vitest'
import type { AppCache } from '../../cache/cache.ts'
import type { MirrorConfig } from '../../mirror/config.ts'
import { schema } from '../../schema/define.ts'
import { betterAuth, type BetterAuthPort } from '../auth/better-auth.ts'
import { createAppCache } from '../cache-defaults.ts'
import { noboil } from '../noboil.ts'

export const s = schema({
  owned: { post: object({ title: string(), isPublic: boolean() }) },
  log: { comment: { parent: 'post', schema: object({ text: string() }) } },
  kv: { page: { schema: object({ text: string() }), writeRole: true } },
  singleton: { profile: object({ nick: string() }) },
})

export const dependencies = { posts: ['comments'], pages: [], feed: ['posts', 'pages'] }

export const service = { email: 'mirror@a.example', password: 'the service password' }

export interface DeploymentOptions {
  readonly mirrors?: MirrorConfig | false
  readonly role?: string
  readonly invalidates?: Parameters<typeof makeApp>[2]
}

export async function deploy({
  mirrors = false,
  role = 'service',
  invalidates,
}: DeploymentOptions = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'noboil-deployment-'))
  const lines: object[] = []
  const log = (fields: object, event: string): void => void lines.push({ ...fields, event })
  const cache = createAppCache({
    dependencies,
    log: { debug: log, info: log, warn: log, error: log },
  })
  const auth = betterAuth({ database: join(folder, 'accounts.db'), log: { level: 'silent' } })
  const app = makeApp(
    { database: join(folder, 'app.db'), cache, auth, mirrors },
    folder,
    invalidates,
  )
  await auth.createAccount({ ...service, name: 'Mirror', role })
  const { url } = await app.listen({ port: 0 })
  let isClosed = false
  const close = async (): Promise<void> => {
    if (isClosed) return
    isClosed = true
    await app.close()
    await cache.close()
    rmSync(folder, { recursive: true, force: true })
  }
  onTestFinished(close)
  return { app, cache, url, lines, close }
}

interface AppParts {
  readonly database: string
  readonly cache: AppCache
  readonly auth: BetterAuthPort
  readonly mirrors: MirrorConfig | false
}

function makeApp(
  parts: AppParts,
  _folder: string,
  invalidates: { readonly [name in 'post' | 'comment' | 'page' | 'profile']?: string | false } = {},
) {
  return noboil({
    ...parts,
    log: { level: 'silent' },
    invalidates,
    tables: ({ table }) => ({
      post: table(s.post, { pub: 'isPublic', softDelete: true }),
      comment: table(s.comment, { softDelete: true }),
      page: table(s.page),
      profile: table(s.profile),
    }),
  })
}

export interface Heard {
  readonly entity: string
  readonly id: string | null
  readonly action: string
}

/** A plain EventSource, as far as a test needs one: collects what it is told, and waits for it. */
export async function listen(url: string, ...entities: string[]) {
  const query = entities.map((entity) => `entity=${entity}`).join('&')
  const controller = new AbortController()
  onTestFinished(() => controller.abort())
  const response = await fetch(`${url}/api/live?${query}`, { signal: controller.signal })
  const heard: Heard[] = []
  let ring: () => void = () => {}
  let greeted: () => void = () => {}
  const isOpen = new Promise<void>((resolve) => (greeted = resolve))
  void (async () => {
    let text = ''
    const decoder = new TextDecoder()
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk, { stream: true })
      const events = text.split('\n\n')
      text = events.pop() ?? ''
      for (const event of events) {
        const data = /^data: (.*)$/m.exec(event)?.[1]
        if (data === undefined) continue
        if (data.includes('"hello"')) greeted()
        if (/^event: app-update$/m.test(event)) heard.push(JSON.parse(data) as Heard)
      }
      ring()
    }
  })().catch(() => {})
  await isOpen
  return {
    heard,
    response,
    /** Waits until this many have come. */
    async until(count: number): Promise<readonly Heard[]> {
      while (heard.length < count) await new Promise<void>((resolve) => (ring = resolve))
      return heard
    },
  }
}
