import { afterEach, describe, expect, test } from 'vitest'
import { NoboilError } from '../../errors/error.ts'
import {
  call,
  get,
  increment,
  insert,
  patch,
  program,
  range,
  remove,
  search,
} from '../../program/program.ts'
import {
  addPerson,
  allPeople,
  append,
  bothHosts,
  cleanUp,
  codeOf,
  getPerson,
  heads,
  hook,
  messages,
  people,
  person,
  rename,
  texts,
} from '../testing.fixture.ts'

afterEach(cleanUp)

const failAfterWrite = program(function* (id: string) {
  yield* insert(people, person(id))
  throw new NoboilError('FORBIDDEN', 'no')
})

describe.each(bothHosts)('group commit on %s', (_, open) => {
  test('calls of one turn share one commit and see those before them', async () => {
    const { host, commits } = await open()
    const answers = await Promise.all(
      ['a', 'b', 'c'].map((text) => host.write(() => append('p', text))),
    )
    expect(answers).toEqual([
      { value: 1, revision: 1 },
      { value: 2, revision: 1 },
      { value: 3, revision: 1 },
    ])
    expect(commits).toHaveLength(1)
    expect(host.revision).toBe(1)
    expect((await host.read(() => texts('p'))).value).toEqual(['a', 'b', 'c'])
  })

  test('a call that fails is undone alone', async () => {
    const { host, commits } = await open()
    const codes = await Promise.all([
      codeOf(host.write(() => addPerson(person('a')))),
      codeOf(host.write(() => failAfterWrite('b'))),
      codeOf(host.write(() => addPerson(person('c')))),
    ])
    expect(codes).toEqual(['fulfilled', 'FORBIDDEN', 'fulfilled'])
    expect((await host.read(() => allPeople())).value).toEqual(['a', 'c'])
    expect(commits[0]?.changes.map((change) => change.after?.['_id'])).toEqual([
      'person.a',
      'person.c',
    ])
  })

  test('a call that fails leaves whatever the calls before it had done', async () => {
    const { host, commits } = await open()
    await host.write(() => addPerson(person('old', { tags: ['t'], note: null })))
    await host.write(() => append('p', 'first', 'k1'))
    const removeOld = program(function* () {
      const row = yield* get(people, ['person.old'])
      if (row !== null) yield* remove(people, row)
    })
    const annotate = program(function* () {
      const row = yield* get(people, ['person.old'])
      if (row !== null) yield* patch(people, row, { tags: ['u', 'v'], note: undefined, rank: 3 })
    })
    const fails = program(function* (id: string) {
      yield* append('p', id, id)
      yield* insert(people, person(id))
      throw new NoboilError('FORBIDDEN', 'no')
    })
    const answers = await Promise.allSettled([
      host.write(() => annotate()),
      host.write(() => append('p', 'second word', 'k2')),
      host.write(() => fails('x')),
      host.write(() => append('p', 'third', 'x')),
      host.write(() => fails('y')),
      host.write(() => removeOld()),
      host.write(() => addPerson(person('old', { name: 'new' }))),
    ])
    expect(answers.map(({ status }) => status[0]).join('')).toBe('ffrfrff')
    const all = program(function* () {
      return [
        yield* range(messages, '', ['p'], { limit: 9 }),
        yield* get(people, ['person.old']),
        yield* get(heads, ['p']),
        (yield* search(messages, ['wor'], { scope: 'p', limit: 9 })).length,
      ]
    })
    expect((await host.read(() => all())).value).toMatchObject([
      [
        { seq: 1, text: 'first', key: 'k1' },
        { seq: 2, text: 'second word', key: 'k2' },
        { seq: 3, text: 'third', key: 'x' },
      ],
      person('old', { name: 'new' }),
      { seq: 3, live: 3 },
      1,
    ])
    expect(commits.at(-1)?.changes).toHaveLength(7)
  })

  test('nobody is answered before the commit is published', async () => {
    const { host } = await open()
    const events: string[] = []
    host.onCommit((commit) => events.push(`commit ${commit.revision}`))
    await Promise.all([
      host.write(() => addPerson(person('a'))).then(() => events.push('answered')),
      host.write(() => failAfterWrite('b')).catch(() => events.push('refused')),
    ])
    expect(events).toEqual(['commit 1', 'answered', 'refused'])
  })

  test('a group in which nothing changed makes no revision', async () => {
    const { host, commits } = await open()
    await host.write(() => addPerson(person('a')))
    const answers = await Promise.all([
      host.write(() => getPerson('a')),
      host.write(() => rename('a', 'a')),
    ])
    expect(answers.map((answer) => answer.revision)).toEqual([1, 1])
    expect(commits).toHaveLength(1)
  })

  test('a commit names the calls it settles, not those that failed', async () => {
    const { host, commits } = await open()
    const settles = (mutationId: string) => ({ settles: { client: 'me', mutationId } })
    await Promise.allSettled([
      host.write(() => addPerson(person('a')), settles('1')),
      host.write(() => failAfterWrite('b'), settles('2')),
      host.write(() => getPerson('a'), settles('3')),
    ])
    expect(commits.map((commit) => commit.settled.map((each) => each.mutationId))).toEqual([
      ['1', '3'],
    ])
  })

  test('a group ends at maxGroupWrites calls', async () => {
    const { host, commits } = await open({ limits: { maxGroupWrites: 2 } })
    await Promise.all([1, 2, 3, 4, 5].map((n) => host.write(() => append('p', String(n)))))
    expect(commits.map((commit) => commit.revision)).toEqual([1, 2, 3])
    expect((await host.read(() => texts('p'))).value).toEqual(['1', '2', '3', '4', '5'])
  })

  test('a write over maxQueuedWrites is refused at once', async () => {
    const { host } = await open({ limits: { maxQueuedWrites: 2 } })
    const codes = await Promise.all(
      [1, 2, 3].map((n) => codeOf(host.write(() => append('p', String(n))))),
    )
    expect(codes).toEqual(['fulfilled', 'fulfilled', 'UNAVAILABLE'])
  })

  test('effects run after the commit, only of calls that succeed, and their errors are not lost', async () => {
    const { host, commits, errors } = await open()
    const events: string[] = []
    const effect = program(function* (name: string, fails: boolean) {
      yield* insert(people, person(name))
      yield* call((transaction) =>
        transaction.afterCommit(() => {
          events.push(`${name} at ${commits.length}`)
        }),
      )
      if (fails) throw new Error('undone')
    })
    const broken = hook((transaction) => {
      transaction.afterCommit(() => {
        throw new Error('thrown')
      })
      transaction.afterCommit(() => Promise.reject(new Error('rejected')))
    })
    await Promise.allSettled([
      host.write(() => effect('a', false)),
      host.write(() => effect('b', true)),
      host.write(() => broken),
    ])
    await host.close()
    expect(events).toEqual(['a at 1'])
    expect(errors.map((error) => (error as Error).message)).toEqual(['thrown', 'rejected'])
  })

  test('a listener that throws harms neither the commit nor other listeners', async () => {
    const { host, errors } = await open()
    const told: number[] = []
    host.onCommit(() => {
      throw new Error('deaf')
    })
    const stop = host.onCommit((commit) => told.push(commit.revision))
    await host.write(() => addPerson(person('a')))
    stop()
    await host.write(() => addPerson(person('b')))
    expect(told).toEqual([1])
    expect(errors).toHaveLength(2)
  })

  test('changes tell each row before and after, and which fields differ', async () => {
    const { host, commits } = await open()
    const work = program(function* () {
      yield* insert(people, person('a', { email: 'a@x', tags: ['t'] }))
      const row = yield* get(people, ['person.a'])
      if (row === null) throw new Error('gone')
      yield* patch(people, row, { email: undefined, score: 2, name: 'a', tags: ['t'] })
    })
    await host.write(() => work())
    const erase = program(function* () {
      const row = yield* get(people, ['person.a'])
      if (row !== null) yield* remove(people, row)
    })
    await host.write(() => erase())
    const a = person('a', { email: 'a@x', tags: ['t'] })
    const b = person('a', { score: 2, tags: ['t'] })
    expect(commits.flatMap((commit) => commit.changes)).toEqual([
      { table: people, before: null, after: a },
      { table: people, before: a, after: b, fields: ['email', 'score'] },
      { table: people, before: b, after: null },
    ])
  })

  test('changes of internal tables are told as well, an increment with its fields', async () => {
    const { host, commits } = await open()
    await host.write(() => append('p', 'a'))
    await host.write(() => append('p', 'b'))
    const changes = commits
      .flatMap((commit) => commit.changes)
      .filter((change) => change.table === heads)
    expect(changes).toEqual([
      { table: heads, before: null, after: { parent: 'p', seq: 1, live: 1 } },
      {
        table: heads,
        before: { parent: 'p', seq: 1, live: 1 },
        after: { parent: 'p', seq: 2, live: 2 },
        fields: ['seq', 'live'],
      },
    ])
  })

  test('only integers that every row has can be incremented', async () => {
    const { host } = await open()
    await host.write(() => addPerson(person('a', { rank: 1 })))
    for (const name of ['rank', 'age', 'score', 'name']) {
      const work = program(function* () {
        yield* increment(people, ['person.a'], { [name]: 1 })
      })
      await expect(host.write(() => work())).rejects.toThrow(`'${name}' is no integer`)
    }
  })

  test('a program that catches an error goes on with what it had written', async () => {
    const { host } = await open()
    const twice = program(function* () {
      yield* insert(people, person('a', { email: 'same' }))
      try {
        yield* insert(people, person('b', { email: 'same' }))
      } catch (error) {
        return (error as NoboilError).data
      }
      return undefined
    })
    expect((await host.write(() => twice())).value).toEqual({ fields: ['email'] })
    expect((await host.read(() => allPeople())).value).toEqual(['a'])
  })

  test('a duplicate names the fields of the key or the first index that has them', async () => {
    const { host } = await open()
    await host.write(() => append('p', 'a', 'k'))
    const put = program(function* (seq: number, key: string) {
      yield* insert(messages, { parent: 'p', seq, key, text: '', createdAt: 1 })
    })
    const fieldsOf = async (seq: number, key: string): Promise<unknown> =>
      host.write(() => put(seq, key)).catch((error: NoboilError) => error.data)
    expect(await fieldsOf(1, 'k')).toEqual({ fields: ['parent', 'seq'] })
    expect(await fieldsOf(2, 'k')).toEqual({ fields: ['parent', 'key'] })
  })

  test('closing waits for the queue, and later calls are refused', async () => {
    const { host } = await open()
    const pending = [1, 2, 3].map((n) => host.write(() => append('p', String(n))))
    const closing = host.close()
    expect(await codeOf(host.write(() => append('p', 'late')))).toBe('UNAVAILABLE')
    expect(await codeOf(host.read(() => texts('p')))).toBe('UNAVAILABLE')
    expect((await Promise.all(pending)).map((answer) => answer.value)).toEqual([1, 2, 3])
    await closing
  })

  test('a limit that is no whole number above 0 is refused when the host is opened', async () => {
    await expect(open({ limits: { maxGroupWrites: 0 } })).rejects.toThrow('maxGroupWrites')
  })
})
