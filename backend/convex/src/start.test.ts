import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'

interface End {
  readonly code: unknown
  readonly said: string
}

/** Starts the demo and waits for its end. */
const start = (env: Readonly<Record<string, string>>): Promise<End> =>
  new Promise((resolve) => {
    const script = join(import.meta.dirname, 'start.ts')
    const options = { env: { PATH: process.env['PATH'], ...env } }
    execFile(
      process.execPath,
      ['--conditions=noboil-source', script],
      options,
      (error, _, stderr) => resolve({ code: error?.code, said: stderr.trim() }),
    )
  })

test.each([
  [{ CONVEX_URL: 'happy-otter' }, /^CONVEX_URL is 'happy-otter'; it must be the address [^\n]+$/],
  [{ CONVEX_URL: 'http://127.0.0.1:1' }, /^Nothing answers at http:\/\/127.0.0.1:1 [^\n]+$/],
  [{ PORT: 'many' }, /^PORT is 'many'; it must be a number from 0 to 65535.$/],
])(
  'what it cannot start with is one sentence, and its exit code says so: %o',
  async (env, said) => {
    expect(await start(env as Record<string, string>)).toEqual({
      code: 1,
      said: expect.stringMatching(said),
    })
  },
  120_000,
)

test('a port that is in use is named, with what to set', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo
  expect(await start({ CONVEX_PORT: String(port), PORT: '0' })).toEqual({
    code: 1,
    said: expect.stringMatching(`^Port ${port} is in use: set PORT[^\n]+$`),
  })
  other.close()
}, 120_000)
