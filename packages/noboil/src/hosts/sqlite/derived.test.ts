import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { insert, program } from '../../program/program.ts'
import { column } from '../../schema/layout.ts'
import type { Host } from '../host.ts'
import { cleanUp, closeLater, tempDir } from '../testing.fixture.ts'
import { numbers, sumOf, sums, sumsBy } from './derived.fixture.ts'
import { openSqliteHost, type SqliteHostOptions } from './host.ts'

afterEach(cleanUp)

const open = async (
  file: string,
  options: Partial<SqliteHostOptions> = {},
): Promise<{ host: Host; log: string[] }> => {
  const log: string[] = []
  const host = closeLater(
    await openSqliteHost({
      file,
      layouts: [numbers, sums],
      durability: 'none',
      log: (line) => log.push(line),
      ...options,
    }),
  )
  return { host, log }
}

const fill = program(function* (from: number, to: number) {
  for (let id = from; id <= to; id++) {
    yield* insert(numbers, { id, group: id % 2 === 0 ? 'even' : 'odd' })
  }
})

/** A closed database with the numbers from 1 to `count` and nothing derived. */
async function filled(count: number): Promise<string> {
  const file = join(tempDir(), 'a.db')
  const { host } = await open(file)
  await host.write(() => fill(1, count))
  await host.close()
  return file
}

const even = async (host: Host): Promise<unknown> => (await host.read(() => sumOf('even'))).value

describe('what is derived', () => {
  test('is made over the rows that are there, with progress, and once', async () => {
    const file = await filled(10)
    const first = await open(file, { derived: [sumsBy(1)] })
    expect(first.log).toEqual(['number: sums built over 10 rows, done'])
    expect(await even(first.host)).toEqual([5, 30])
    await first.host.close()
    const { revision } = first.host
    const second = await open(file, { derived: [sumsBy(1)] })
    expect([second.log, second.host.revision]).toEqual([[], revision])
  })

  test('is made again from nothing when its configuration is another', async () => {
    const file = await filled(10)
    await (await open(file, { derived: [sumsBy(1)] })).host.close()
    const { host } = await open(file, { derived: [sumsBy(3)] })
    expect(await even(host)).toEqual([5, 90])
  })

  test('is made again when it was switched off meanwhile', async () => {
    const file = await filled(10)
    await (await open(file, { derived: [sumsBy(1)] })).host.close()
    const without = await open(file)
    await without.host.write(() => fill(11, 12))
    await without.host.close()
    const { host } = await open(file, { derived: [sumsBy(1)] })
    expect(await even(host)).toEqual([6, 42])
  })

  test('is made again when its table, or the table it follows from, begins anew', async () => {
    const file = await filled(10)
    await (await open(file, { derived: [sumsBy(1)] })).host.close()
    // Without the option its table goes as well; nobody has said so to the derived data.
    await (await open(file, { layouts: [numbers], derived: [] })).host.close()
    const back = await open(file, { derived: [sumsBy(1)] })
    expect(await even(back.host)).toEqual([5, 30])
    await back.host.close()
    const other = { ...numbers, key: ['id', 'group'] }
    const { host } = await open(file, {
      layouts: [other, sums],
      derived: [sumsBy(1)],
      acceptDataLoss: ['number'],
    })
    expect(await even(host)).toBeNull()
  })

  test('gets another table when its columns change, whatever they need', async () => {
    const file = await filled(10)
    await (await open(file, { derived: [sumsBy(1)] })).host.close()
    const wider = { ...sums, columns: { ...sums.columns, more: column.integer } }
    const { host, log } = await open(file, {
      layouts: [numbers, wider],
      derived: [sumsBy(1, undefined, wider)],
    })
    expect(log).toEqual(['make table _sums anew (2 rows)', 'number: sums built over 10 rows, done'])
    expect(await even(host)).toEqual([5, 30])
  })

  test('is finished after a process that was killed in the middle, from where it came to', async () => {
    const file = await filled(22_000)
    const killed = spawnSync(
      process.execPath,
      ['--conditions=noboil-source', join(import.meta.dirname, 'derived.fixture.ts'), file],
      { encoding: 'utf8' },
    )
    expect([killed.signal, killed.stderr]).toEqual(['SIGKILL', ''])
    const { host, log } = await open(file, { derived: [sumsBy(2)] })
    // Two transactions of 5,000 rows were durable.
    expect(log.at(-1)).toBe('number: sums built over 12000 rows, done')
    expect(await even(host)).toEqual([11_000, 2 * 11_000 * 11_001])
  })

  test('that a process left half made is begun anew for another configuration', async () => {
    const file = await filled(22_000)
    spawnSync(process.execPath, [
      '--conditions=noboil-source',
      join(import.meta.dirname, 'derived.fixture.ts'),
      file,
    ])
    const { host } = await open(file, { derived: [sumsBy(1)] })
    expect(await even(host)).toEqual([11_000, 11_000 * 11_001])
  })

  test('and cannot be made lets go of the database', async () => {
    const file = await filled(10)
    const broken = sumsBy(1, () => {
      throw new Error('mine')
    })
    await expect(open(file, { derived: [broken] })).rejects.toThrow('mine')
    const { host } = await open(file, { derived: [sumsBy(1)] })
    expect(await even(host)).toEqual([5, 30])
  })
})
