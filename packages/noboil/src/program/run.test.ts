import { describe, expect, test } from 'vitest'
import { InvariantError } from '../errors/assert.ts'
import { NoboilError } from '../errors/error.ts'
import type { Layout } from '../schema/layout.ts'
import {
  batch,
  call,
  get,
  insert,
  insertMany,
  now,
  OperationError,
  type Program,
  program,
} from './program.ts'
import type { CallRequest, StoreRequest } from './request.ts'
import { fetch, run, runFlow, startProgram, wait } from './flow.ts'
import { type AsyncInterpreter, Execution, runAsync, runSync, type SyncInterpreter } from './run.ts'

interface Person {
  readonly name: string
}

const people: Layout<Person> = {
  name: 'people',
  columns: {},
  key: ['name'],
  id: 'none',
  indexes: {},
}

class Recorder implements SyncInterpreter {
  readonly seen: string[] = []
  run(request: StoreRequest): unknown {
    this.seen.push(request.op)
    if (request.op === 'now') return 7
    if (request.op === 'get') return { name: request.key[0] }
    if (request.op === 'insert') throw new Error('disk on fire')
    return undefined
  }
  call(request: CallRequest): unknown {
    return request.run(undefined as never)
  }
}

const asAsync = (host: SyncInterpreter): AsyncInterpreter => ({
  run: async (request) => host.run(request),
  call: (request) => host.call(request),
})

const greet = program(function* (name: string): Program<string> {
  const [person, nobody, other] = yield* batch(get(people, [name]), undefined, get(people, ['bob']))
  return `${person?.name} and ${other?.name}, ${String(nobody)}, at ${yield* now()}`
})

describe('a program', () => {
  test('answers the same on a host that answers at once and on one that answers later', async () => {
    const expected = 'ann and bob, undefined, at 7'
    expect(runSync(() => greet('ann'), new Recorder())).toBe(expected)
    expect(await runAsync(() => greet('ann'), asAsync(new Recorder()))).toBe(expected)
  })

  test('on a host that batches asks once for all the places that are taken', async () => {
    const asked: number[] = []
    const host = asAsync(new Recorder())
    const result = await runAsync(() => greet('ann'), {
      ...host,
      batch: async (reads) => {
        asked.push(reads.length)
        return Promise.all(reads.map((read) => host.run(read)))
      },
    })
    expect(asked).toEqual([2])
    expect(result).toBe('ann and bob, undefined, at 7')
  })

  test('that inserts many rows gets their ids in order, also on a host that inserts them one by one', async () => {
    const made: unknown[] = []
    const single: SyncInterpreter = {
      run: (request) => {
        if (request.op !== 'insert') return undefined
        made.push(request.row)
        return `people.${made.length}`
      },
      call: () => undefined,
    }
    const rows = [{ name: 'ann' }, { name: 'bob' }]
    const all = program(function* (): Program<readonly string[]> {
      return yield* insertMany(people, rows)
    })
    expect(runSync(all, single)).toEqual(['people.1', 'people.2'])
    expect(await runAsync(all, asAsync(single))).toEqual(['people.3', 'people.4'])
    expect(made).toEqual([...rows, ...rows])
    const whole: SyncInterpreter = { ...single, insertMany: (request) => request.rows.map(String) }
    expect(runSync(all, whole)).toHaveLength(2)
    expect(made).toHaveLength(4)
  })

  test('that inserts many rows fails with the first that cannot be inserted', async () => {
    const all = program(function* (): Program<string> {
      try {
        yield* insertMany(people, [{ name: 'ann' }, { name: 'bob' }])
        return 'inserted'
      } catch (error) {
        return (error as Error).message
      }
    })
    const failure = 'insertMany on people failed: disk on fire'
    const host = new Recorder()
    expect(runSync(all, host)).toBe(failure)
    expect(await runAsync(all, asAsync(host))).toBe(failure)
    expect(host.seen).toEqual(['insert', 'insert'])
  })

  test('that forgets a yield* before an operation fails', async () => {
    function* forgetful(): Program<string> {
      insert(people, { name: 'lost' })
      yield* now()
      return 'looks fine'
    }
    expect(() => runSync(forgetful, new Recorder())).toThrow(InvariantError)
    await expect(runAsync(forgetful, asAsync(new Recorder()))).rejects.toThrow(
      'a yield* is missing',
    )
  })

  test('that forgets a yield* before another program fails', () => {
    function* forgetful(): Program<string> {
      greet('ann')
      yield* now()
      return 'looks fine'
    }
    expect(() => runSync(forgetful, new Recorder())).toThrow('a yield* is missing')
  })

  test('that answers with a program it has not run fails, also with one that nothing counts', async () => {
    function* uncounted(): Program<number> {
      return yield* now()
    }
    function* forgetful(): Program<unknown> {
      yield* now()
      return uncounted()
    }
    const failure = 'has not run: a yield* is missing'
    expect(() => runSync(forgetful, new Recorder())).toThrow(failure)
    await expect(runAsync(forgetful, asAsync(new Recorder()))).rejects.toThrow(failure)
  })

  test('that makes a batch and never yields it fails', () => {
    function* forgetful(): Program<void> {
      batch(get(people, ['ann']))
      yield* now()
    }
    expect(() => runSync(forgetful, new Recorder())).toThrow('a yield* is missing')
  })

  test('that runs programs side by side in different runs counts each for itself', async () => {
    const pause = Promise.withResolvers<void>()
    const slow = function* (): Program<string> {
      yield* call(() => pause.promise)
      return yield* greet('slow')
    }
    const waiting = runAsync(slow, asAsync(new Recorder()))
    expect(runSync(() => greet('quick'), new Recorder())).toMatch(/^quick/)
    pause.resolve()
    expect(await waiting).toMatch(/^slow/)
  })

  test("keeps the factory's frames when the store fails", async () => {
    const factoryStep = program(function* factoryStep(): Program<void> {
      yield* insert(people, { name: 'ann' })
    })
    const failure = await runAsync(() => factoryStep(), asAsync(new Recorder())).catch(
      (error: unknown) => error,
    )
    expect(failure).toBeInstanceOf(OperationError)
    expect((failure as Error).message).toBe('insert on people failed: disk on fire')
    expect((failure as Error).stack).toContain('factoryStep')
    expect((failure as Error).cause).toBeInstanceOf(Error)
  })

  test('hands an error of its own kind through as it is', () => {
    const refused = new NoboilError('NOT_FOUND', 'gone')
    expect(() =>
      runSync(function* () {
        yield* call(() => {
          throw refused
        })
      }, new Recorder()),
    ).toThrow(refused)
  })

  test('may catch what its host throws and go on', () => {
    const result = runSync(function* (): Program<string> {
      try {
        yield* insert(people, { name: 'ann' })
      } catch {
        return `caught at ${yield* now()}`
      }
      return 'not reached'
    }, new Recorder())
    expect(result).toBe('caught at 7')
  })

  test('whose hook waits is refused by a host that cannot wait, and the promise is not lost', () => {
    const late = Promise.reject(new Error('late'))
    expect(() =>
      runSync(function* () {
        yield* call(() => late)
      }, new Recorder()),
    ).toThrow('this host runs synchronously')
  })

  test('stops where a hook waits, and goes on with what it came to', async () => {
    const execution = new Execution(function* (): Program<string> {
      const first = yield* call(async () => 'first')
      return `${first} then ${yield* now()}`
    }, new Recorder())
    const progress = execution.start()
    expect(progress.state).toBe('waiting')
    if (progress.state === 'waiting') {
      expect(execution.resume(await progress.promise)).toEqual({
        state: 'done',
        value: 'first then 7',
      })
    }
  })
})

function* add(name: string): Program<void> {
  yield* insert(people, { name })
}

describe('a flow', () => {
  test('runs its steps in order and takes failures where they happen', async () => {
    const log: string[] = []
    const result = await runFlow(
      (function* () {
        const greeting = yield* run({ name: 'people:greet', run: greet }, 'ann')
        yield* wait(50)
        try {
          yield* run({ name: 'people:add', run: add }, 'x')
        } catch (error) {
          log.push((error as Error).message)
        }
        log.push(yield* fetch(async (signal) => `fetched, aborted: ${signal.aborted}`))
        return greeting
      })(),
      {
        run: async (program, args) => runSync(() => startProgram(program, args), new Recorder()),
        wait: async (ms) => void log.push(`waited ${ms}`),
        fetch: async (work) => work(AbortSignal.abort()),
      },
    )
    expect(result).toMatch(/^ann/)
    expect(log).toEqual([
      'waited 50',
      'insert on people failed: disk on fire',
      'fetched, aborted: true',
    ])
  })
})
