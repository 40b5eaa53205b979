/**
 * A disk without room. Where root may mount, it is a small one in memory; elsewhere it is a limit on the size of files
 * (RLIMIT_FSIZE), which the log of the database comes up against as it would against the end of the disk.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, expect, test } from 'vitest'
import { type Child, endAll } from './child.ts'
import { acknowledged, Lives, refusals } from './lives.ts'
import { chanceOf, seedOfRun } from './random.ts'

const root = mkdtempSync(join(tmpdir(), 'noboil-disk-'))
const disk = join(root, 'disk')
mkdirSync(disk)

const diskBytes = 24 * 1024 * 1024
const roomBytes = 4 * 1024 * 1024
const succeeds = (program: string, ...args: string[]): boolean =>
  spawnSync(program, args).status === 0
const isMounted = succeeds('mount', '-t', 'tmpfs', '-o', `size=${diskBytes}`, 'noboil', disk)

afterEach(endAll)
afterAll(() => {
  if (isMounted) succeeds('umount', disk)
  rmSync(root, { recursive: true })
})

interface Edge {
  readonly name: string
  readonly reason: RegExp
  /** What the child is started by. */
  readonly under: readonly string[]
  close(): void
  open(child: Child): boolean
}

const filler = join(disk, 'filler')

const fullDisk: Edge = {
  name: 'a disk that is full',
  reason: /disk is full/,
  under: [],
  close: () => writeFileSync(filler, Buffer.alloc(diskBytes - roomBytes)),
  open: () => {
    rmSync(filler)
    return true
  },
}

const limitedFile: Edge = {
  name: 'a file that may not grow',
  reason: /disk reported an error|disk I\/O error/,
  // In blocks of 512 bytes.
  under: ['sh', '-c', `ulimit -S -f ${roomBytes / 512} && exec "$@"`, 'sh'],
  close() {},
  open: (child) => succeeds('prlimit', `--pid=${child.process.pid}`, '--fsize=unlimited:'),
}

const edge = isMounted ? fullDisk : limitedFile

test(`at the edge of ${edge.name} writes are refused whole, and go on when there is room`, async () => {
  const lives = new Lives(join(disk, 'a.db'), chanceOf(seedOfRun()), join(root, 'cache'))
  await lives.whole(60)
  edge.close()
  const child = lives.begin({ under: edge.under, job: { ballastBytes: 16_000 } })
  await child.line('refused', () => lives.book.refused >= 20)
  for (const refusal of refusals(child)) {
    expect(refusal).toMatch(/^UNAVAILABLE: The database could not /)
    expect(refusal).toMatch(edge.reason)
  }
  expect(edge.open(child)).toBe(true)
  child.kill('SIGUSR2')
  await acknowledged(child, 200)
  child.kill('SIGTERM')
  await lives.closed(child)
  await lives.settled()
  expect(lives.problems).toEqual([])
  expect(lives.book.refused).toBeGreaterThan(0)
})
