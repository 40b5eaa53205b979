import { afterEach, describe, expect, test } from 'vitest'
import { get, insert, patch, program, remove, search } from '../../program/program.ts'
import { append, bothHosts, cleanUp, codeOf, messages, people, person } from '../testing.fixture.ts'

afterEach(cleanUp)

const find = program(function* (parent: string, words: readonly string[], limit: number = 9) {
  return (yield* search(messages, words, { scope: parent, limit })).map((row) => row.seq)
})

const findPeople = program(function* (word: string) {
  return (yield* search(people, [word], { limit: 9 })).map((row) => row.name)
})

describe.each(bothHosts)('search on %s', (_, open) => {
  test('every word must begin a word, whatever its case, and the newest row comes first', async () => {
    const { host } = await open()
    for (const text of ['Red fox', 'red FOXES run', 'a fox', 'RED hen']) {
      await host.write(() => append('p', text))
    }
    await host.write(() => append('q', 'red fox'))
    const found = async (...words: string[]): Promise<unknown> =>
      (await host.read(() => find('p', words))).value
    expect(await found('red')).toEqual([4, 2, 1])
    expect(await found('fox', 'RE')).toEqual([2, 1])
    expect(await found('ox')).toEqual([])
    expect(await found('foxes')).toEqual([2])
    expect(await found()).toEqual([])
    expect((await host.read(() => find('p', ['red'], 1))).value).toEqual([4])
  })

  test('a beginning of any length is found, also longer than what is kept of a word', async () => {
    const { host } = await open()
    const word = 'abcdefghij'.repeat(8)
    await host.write(() => append('p', `x ${word}`))
    for (const length of [1, 2, 5, 6, 7, 8, 63, 64, 65, 80]) {
      expect((await host.read(() => find('p', [word.slice(0, length)]))).value).toEqual([1])
    }
    expect((await host.read(() => find('p', ['abcdefghik']))).value).toEqual([])
  })

  test('signs and operators in words are nothing but signs', async () => {
    const { host } = await open()
    await host.write(() => append('p', 'one two'))
    for (const word of ['"', '*', 'one" OR "zzz', 'NOT', '@', '(', "'"]) {
      expect(await codeOf(host.read(() => find('p', [word])))).toBe('fulfilled')
    }
    expect((await host.read(() => find('p', ['NEAR(one']))).value).toEqual([])
  })

  test('a row is found by what it says now, and not when it is gone', async () => {
    const { host } = await open()
    const work = program(function* (id: string, name: string | null) {
      const row = yield* get(people, [id])
      if (row === null) yield* insert(people, person('a', { name: name ?? '', about: 'first' }))
      else if (name === null) yield* remove(people, row)
      else yield* patch(people, row, { name })
    })
    await host.write(() => work('person.a', 'Ada'))
    await host.write(() => work('person.a', 'Eve'))
    expect((await host.read(() => findPeople('ada'))).value).toEqual([])
    expect((await host.read(() => findPeople('eve'))).value).toEqual(['Eve'])
    expect((await host.read(() => findPeople('first'))).value).toEqual(['Eve'])
    await host.write(() => work('person.a', null))
    expect((await host.read(() => findPeople('eve'))).value).toEqual([])
  })

  test('a transaction finds what it has written itself', async () => {
    const { host } = await open()
    const work = program(function* () {
      yield* append('p', 'red fox')
      return yield* find('p', ['fox'])
    })
    expect((await host.write(() => work())).value).toEqual([1])
  })

  test('a call that searched and then failed takes nothing from the calls before it', async () => {
    const { host } = await open()
    const fails = program(function* () {
      yield* append('p', 'red hen')
      const found = yield* find('p', ['red'])
      throw new Error(found.join())
    })
    const codes = await Promise.all([
      codeOf(host.write(() => append('p', 'red fox'))),
      codeOf(host.write(() => fails())),
      codeOf(host.write(() => append('p', 'red cat'))),
    ])
    expect(codes).toEqual(['fulfilled', '2,1', 'fulfilled'])
    expect((await host.read(() => find('p', ['red']))).value).toEqual([2, 1])
    expect((await host.read(() => find('p', ['hen']))).value).toEqual([])
  })

  test('a search of too many words is refused', async () => {
    const { host } = await open()
    const many = Array.from({ length: 33 }, (_, at) => `w${at}`)
    expect(await codeOf(host.read(() => find('p', many)))).toBe('LIMIT_EXCEEDED')
    expect(await codeOf(host.read(() => find('p', many.slice(1))))).toBe('fulfilled')
  })
})
