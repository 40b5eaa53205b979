import { afterEach, describe, expect, test } from 'vitest'
import { call, insert, insertMany, program } from '../../program/program.ts'
import type { Transaction } from '../../program/request.ts'
import {
  addPerson,
  allPeople,
  bothHosts,
  cleanUp,
  codeOf,
  getPerson,
  hook,
  latch,
  people,
  person,
  rename,
} from '../testing.fixture.ts'

afterEach(cleanUp)

describe.each(bothHosts)('hooks on %s', (_, open) => {
  test('a hook reads and writes its own transaction', async () => {
    const { host } = await open()
    const work = program(function* () {
      yield* insert(people, person('a'))
      return yield* call(async (transaction) => {
        await transaction.run(() => rename('a', 'Ada'))
        return (await transaction.run(() => getPerson('a')))?.name
      })
    })
    expect((await host.write(() => work())).value).toBe('Ada')
  })

  test('a nested program that fails is undone alone, and the hook may go on', async () => {
    const { host, commits } = await open()
    const nested = program(function* () {
      yield* insert(people, person('b'))
      throw new Error('no')
    })
    const work = program(function* () {
      yield* insert(people, person('a'))
      yield* call(async (transaction) => {
        transaction.afterCommit(() => {})
        await expect(transaction.run(() => nested())).rejects.toThrow('no')
        await transaction.run(() => addPerson(person('c')))
      })
    })
    await host.write(() => work())
    expect((await host.read(() => allPeople())).value).toEqual(['a', 'c'])
    expect(commits[0]?.changes).toHaveLength(2)
  })

  test('rows that are inserted together are changes of their own, and are undone together', async () => {
    const { host, commits } = await open()
    const all = program(function* (ids: readonly string[]) {
      return yield* insertMany(
        people,
        ids.map((id) => person(id)),
      )
    })
    const work = program(function* () {
      const made = yield* all(['a', 'b'])
      yield* call(async (transaction) => {
        expect(await codeOf(transaction.run(() => all(['c', 'a', 'd'])))).toBe('DUPLICATE')
      })
      return made
    })
    const made = ['person.a', 'person.b']
    expect((await host.write(() => work())).value).toEqual(made)
    expect((await host.read(() => allPeople())).value).toEqual(['a', 'b'])
    expect(commits[0]?.changes.map(({ after }) => after?.['_id'])).toEqual(made)
    expect(await codeOf(host.read(() => all(['e'])))).toBe('UNSUPPORTED')
  })

  test('programs that a hook starts together run one after another', async () => {
    const { host } = await open()
    const gate = latch()
    const slow = program(function* () {
      yield* insert(people, person('a'))
      yield* call(() => gate.promise)
      yield* insert(people, person('b'))
    })
    const work = hook(async (transaction) => {
      const both = [transaction.run(() => slow()), transaction.run(() => allPeople())]
      gate.open()
      return (await Promise.all(both))[1]
    })
    expect((await host.write(() => work)).value).toEqual(['a', 'b'])
  })

  test('a hook inside a nested program has a handle of its own', async () => {
    const { host } = await open()
    const inner = program(function* () {
      yield* call(async (transaction) => {
        await transaction.run(() => addPerson(person('deep')))
      })
    })
    await host.write(() => hook((transaction) => transaction.run(() => inner())))
    expect((await host.read(() => allPeople())).value).toEqual(['deep'])
  })

  test('a handle refuses everything once its hook has ended', async () => {
    const { host } = await open()
    let kept: Transaction | undefined
    const keep = hook((transaction) => {
      kept = transaction
    })
    await host.write(() => keep)
    expect(kept?.writable).toBe(false)
    expect(await codeOf(kept?.run(() => getPerson('a')) as Promise<unknown>)).toBe('INTERNAL')
    expect(() => kept?.afterCommit(() => {})).toThrow('transaction of this hook is over')
  })

  test('a hook that ends while its own program still waits fails the call', async () => {
    const { host } = await open()
    const slow = program(function* () {
      yield* insert(people, person('a'))
      yield* call(() => new Promise(() => {}))
    })
    let inner: Promise<unknown> | undefined
    const careless = (wait: boolean) =>
      hook((transaction) => {
        inner = codeOf(transaction.run(() => slow()))
        return wait ? Promise.resolve() : undefined
      })
    for (const wait of [true, false]) {
      await expect(host.write(() => careless(wait))).rejects.toThrow('an await is missing')
      expect(await inner).toBe('INTERNAL')
    }
    expect((await host.read(() => allPeople())).value).toEqual([])
  })

  test('a call may catch that its hook left work behind, and goes on without that work', async () => {
    const { host } = await open()
    const slow = program(function* () {
      yield* insert(people, person('slow'))
      yield* call(() => new Promise(() => {}))
    })
    const goesOn = program(function* () {
      yield* insert(people, person('a'))
      for (const wait of [true, false]) {
        try {
          yield* call((transaction) => {
            transaction.run(() => slow()).catch(() => {})
            return wait ? Promise.resolve() : undefined
          })
        } catch {
          yield* insert(people, person(wait ? 'b' : 'c'))
        }
      }
    })
    await host.write(() => goesOn())
    expect((await host.read(() => allPeople())).value).toEqual(['a', 'b', 'c'])
  })

  test('a program that a hook forgot does not end the process with the transaction', async () => {
    const { host } = await open()
    const slow = program(function* () {
      yield* call(() => new Promise(() => {}))
    })
    const forgets = hook((transaction) => {
      void transaction.run(() => slow())
    })
    const unhandled: unknown[] = []
    const note = (error: unknown): number => unhandled.push(error)
    process.on('unhandledRejection', note)
    await expect(host.write(() => forgets)).rejects.toThrow('an await is missing')
    await new Promise((resolve) => setImmediate(resolve))
    process.off('unhandledRejection', note)
    expect(unhandled).toEqual([])
  })

  test('any number of programs may be started at once', async () => {
    const { host } = await open()
    const many = hook((transaction) => {
      const gate = transaction.run(() => hook(() => Promise.resolve()))
      const all = Array.from({ length: 5_000 }, () => transaction.run(() => getPerson('a')))
      return Promise.all([gate, ...all])
    })
    expect((await host.write(() => many)).value).toHaveLength(5_001)
  })

  test('a query may not write, and has nothing that follows a commit', async () => {
    const { host } = await open()
    expect(await codeOf(host.read(() => addPerson(person('a'))))).toBe('UNSUPPORTED')
    const hooked = hook(async (transaction) => [
      transaction.writable,
      await codeOf(transaction.run(() => addPerson(person('a')))),
      await codeOf((async () => transaction.afterCommit(() => {}))()),
    ])
    expect((await host.read(() => hooked)).value).toEqual([false, 'UNSUPPORTED', 'UNSUPPORTED'])
  })

  test('a forgotten yield* fails the call and nothing of it stays', async () => {
    const { host } = await open()
    const careless = program(function* () {
      yield* insert(people, person('a'))
      insert(people, person('b'))
    })
    await expect(host.write(() => careless())).rejects.toThrow('yield* is missing')
    expect((await host.read(() => allPeople())).value).toEqual([])
  })
})
