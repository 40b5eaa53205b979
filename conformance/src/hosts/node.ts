/**
 * The hosts of the Node server: memory, and SQLite in a file of its own per app.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTestApp } from 'noboil/node/testing'
import type { Id } from 'noboil/schema'
import { tables } from '../app.ts'
import type { HostDriver, Running } from '../driver.ts'

/** Every commit waits for the disk; that it does is the crash tests' to prove, so here the disk may be memory. */
const scratch = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

export const memory: HostDriver = { name: 'memory', gaps: {}, open: () => start('memory') }

export const sqlite: HostDriver = {
  name: 'sqlite',
  gaps: {},
  async open() {
    const folder = mkdtempSync(join(scratch, 'noboil-conformance-'))
    const running = await start({ sqlite: join(folder, 'data.db') })
    return {
      ...running,
      async close() {
        await running.close()
        rmSync(folder, { recursive: true })
      },
    }
  },
}

async function start(host: 'memory' | { readonly sqlite: string }): Promise<Running> {
  const app = await createTestApp({ tables, host })
  return {
    call: (path, args, as) => app.call(path, args, as),
    now: () => app.clock.now(),
    advance: (ms) => app.clock.advance(ms),
    idle: () => app.idle(),
    async putUser(user) {
      await app.users.set({ ...user, _id: user._id as Id<'users'> })
      return user._id
    },
    close: () => app.close(),
  }
}
