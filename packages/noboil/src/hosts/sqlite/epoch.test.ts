import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  cpSync,
  existsSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { backup, DatabaseSync } from 'node:sqlite'
import { afterEach, describe, expect, test } from 'vitest'
import type { Host } from '../host.ts'
import { append, cleanUp, closeLater, layouts, tempDir, texts } from '../testing.fixture.ts'
import { numbers, sums } from './derived.fixture.ts'
import { openSqliteHost } from './host.ts'

afterEach(cleanUp)

const open = async (file: string, log: string[] = []): Promise<Host> =>
  closeLater(await openSqliteHost({ file, layouts, log: (line) => log.push(line) }))

/** Opens the file, writes `count` rows and closes it. Answers where it ended. */
async function run(file: string, count: number): Promise<readonly [epoch: string, rows: number]> {
  const host = await open(file)
  for (let at = 0; at < count; at++) await host.write(() => append('p', 'x'))
  const rows = (await host.read(() => texts('p'))).value.length
  await host.close()
  return [host.epoch, rows]
}

async function made(count = 2): Promise<{ dir: string; file: string; epoch: string }> {
  const dir = tempDir()
  const file = join(dir, 'a.db')
  const [epoch] = await run(file, count)
  return { dir, file, epoch }
}

/** File systems date changes by a clock of some milliseconds; returns when the next change of the file has another date. */
function passTick(file: string): void {
  const dateOf = (name: string): bigint => statSync(name, { bigint: true }).ctimeNs
  do writeFileSync(`${file}.probe`, '')
  while (dateOf(`${file}.probe`) <= dateOf(file))
}

describe('an epoch goes on', () => {
  test('over orderly restarts, whatever was written in each', async () => {
    const { file, epoch } = await made()
    expect([await run(file, 3), await run(file, 0), await run(file, 1)]).toEqual([
      [epoch, 5],
      [epoch, 5],
      [epoch, 6],
    ])
  })

  test('when other programs have only read the file, or made a backup of it', async () => {
    const { dir, file, epoch } = await made()
    const other = new DatabaseSync(file)
    expect(other.prepare('SELECT count(*) AS rows FROM message').get()).toEqual({ rows: 2 })
    await backup(other, join(dir, 'copy.db'))
    other.close()
    expect(await run(file, 1)).toEqual([epoch, 3])
  })

  test('when its directory has moved, and by another name', async () => {
    const { dir, file, epoch } = await made()
    renameSync(dir, `${dir}-moved`)
    symlinkSync(`${dir}-moved`, dir)
    expect(await run(file, 1)).toEqual([epoch, 3])
    rmSync(dir)
    renameSync(`${dir}-moved`, dir)
  })

  test('after an opening that was refused', async () => {
    const { file, epoch } = await made()
    await expect(openSqliteHost({ file, layouts: [] })).rejects.toThrow('cannot be brought')
    expect(await run(file, 1)).toEqual([epoch, 3])
  })
})

describe('a new epoch begins', () => {
  test('where a copy is opened elsewhere, alone or with everything beside it, and not where it was taken', async () => {
    const { dir, file, epoch } = await made()
    const alone = join(tempDir(), 'a.db')
    copyFileSync(file, alone)
    const whole = tempDir()
    cpSync(dir, whole, { recursive: true, preserveTimestamps: true })
    expect(readdirSync(whole)).toContain('a.db.closed')
    const ends = [await run(alone, 1), await run(join(whole, 'a.db'), 1), await run(file, 1)]
    expect(ends.map(([, rows]) => rows)).toEqual([3, 3, 3])
    expect(new Set([epoch, ...ends.map(([each]) => each)]).size).toBe(3)
    expect(ends[2]?.[0]).toBe(epoch)
  })

  const copies: readonly (readonly [string, (file: string, copy: string) => unknown])[] = [
    ['copied', copyFileSync],
    [
      'made by VACUUM INTO',
      (file, copy) => {
        const db = new DatabaseSync(file)
        db.exec(`VACUUM INTO '${copy}'`)
        db.close()
      },
    ],
  ]
  const returns: readonly (readonly [string, (copy: string, file: string) => unknown])[] = [
    ['over it', copyFileSync],
    ['in its place', renameSync],
  ]
  for (const [how, copyTo] of copies) {
    for (const [where, putBack] of returns) {
      for (const kept of ['with', 'without']) {
        test(`when a backup that was ${how} is put back ${where}, ${kept} the note beside it`, async () => {
          const { dir, file, epoch } = await made()
          const copy = join(dir, 'copy.db')
          copyTo(file, copy)
          await run(file, 3)
          putBack(copy, file)
          if (kept === 'without') rmSync(`${file}.closed`)
          const [next, rows] = await run(file, 1)
          expect(next).not.toBe(epoch)
          expect(rows).toBe(3)
          expect(await run(file, 1)).toEqual([next, 4])
        })
      }
    }
  }

  test('when a backup that was taken while the app ran is put back', async () => {
    const dir = tempDir()
    const file = join(dir, 'a.db')
    const host = await open(file)
    await host.write(() => append('p', 'x'))
    const source = new DatabaseSync(file, { readOnly: true })
    await backup(source, join(dir, 'copy.db'))
    source.close()
    await host.write(() => append('p', 'y'))
    await host.close()
    copyFileSync(join(dir, 'copy.db'), file)
    const [next, rows] = await run(file, 0)
    expect(next).not.toBe(host.epoch)
    expect(rows).toBe(1)
  })

  test('when the whole directory is put back as it once was', async () => {
    const { dir, file, epoch } = await made()
    const whole = tempDir()
    cpSync(dir, whole, { recursive: true, preserveTimestamps: true })
    await run(file, 3)
    cpSync(whole, dir, { recursive: true, preserveTimestamps: true })
    expect((await run(file, 0))[0]).not.toBe(epoch)
  })

  test('when another program has written to the file', async () => {
    const { file, epoch } = await made()
    passTick(file)
    const other = new DatabaseSync(file)
    other.exec(`UPDATE message SET text = 'by hand'`)
    other.close()
    expect((await run(file, 0))[0]).not.toBe(epoch)
  })

  test('after a process that was killed, also when its log is lost', async () => {
    const file = join(tempDir(), 'a.db')
    const start = async (): Promise<Host> =>
      closeLater(await openSqliteHost({ file, layouts: [numbers, sums] }))
    const epochs = new Set<string>()
    const noted = await start()
    await noted.close()
    epochs.add(noted.epoch)
    const script = join(import.meta.dirname, 'epoch.fixture.ts')
    for (const isLost of [false, true]) {
      const killed = spawnSync(process.execPath, ['--conditions=noboil-source', script, file])
      expect([killed.signal, existsSync(`${file}-wal`)]).toEqual(['SIGKILL', true])
      if (isLost) for (const end of ['-wal', '-shm']) rmSync(`${file}${end}`)
      const host = await start()
      epochs.add(host.epoch)
      await host.close()
    }
    expect(epochs.size).toBe(3)
  })

  test.each(['', 'null', '7', '{"epoch":', '{"file":{}}'])(
    'when the note says nothing: %j',
    async (text) => {
      const { file, epoch } = await made()
      writeFileSync(`${file}.closed`, text)
      expect((await run(file, 0))[0]).not.toBe(epoch)
    },
  )

  test('and it is said', async () => {
    const { file } = await made()
    const log: string[] = []
    await (await open(file, log)).close()
    expect(log).toEqual([])
    rmSync(`${file}.closed`)
    await (await open(file, log)).close()
    expect(log).toEqual(['a new epoch begins: the file is not as an orderly close left it'])
  })
})
