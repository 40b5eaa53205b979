import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { dependencies } from './cache.fixture.ts'
import { Graph, typesOf } from './graph.ts'
import { formsOf, nearest } from './names.ts'

describe('the dependency graph', () => {
  test('makes stale what depends on a change, directly or by way of others', () => {
    const graph = new Graph(dependencies)
    const stale = (name: string): readonly string[] => typesOf(graph.entity(name)).toSorted()
    expect(stale('types')).toEqual(['categories', 'feed', 'pages', 'posts', 'types'])
    expect(stale('translations')).toEqual(['feed', 'pages', 'translations'])
    expect(stale('feed')).toEqual(['feed'])
  })

  test('has what is only named on the right, and both numbers of every name', () => {
    const graph = new Graph(dependencies)
    expect(graph.entities.map(({ name }) => name).toSorted()).toEqual(
      [
        'auth',
        'categories',
        'feed',
        'pages',
        'pictures',
        'posts',
        'translations',
        'types',
      ].toSorted(),
    )
    for (const [one, many] of [
      ['post', 'posts'],
      ['category', 'categories'],
      ['picture', 'pictures'],
      ['feed', 'feeds'],
    ] as const) {
      expect(graph.entity(one)).toBe(graph.entity(many))
    }
  })

  test('walks a cycle once, and what stands on it makes itself stale', () => {
    const graph = new Graph({ a: ['b'], b: ['c'], c: ['a'] })
    expect(
      graph
        .entity('a')
        .dependents.map(({ name }) => name)
        .toSorted(),
    ).toEqual(['a', 'b', 'c'])
  })

  test('of any shape has the closure that following its edges has', () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f'] as const
    const edges = fc.uniqueArray(fc.tuple(fc.constantFrom(...names), fc.constantFrom(...names)), {
      selector: (edge) => edge.join(),
    })
    fc.assert(
      fc.property(edges, (all) => {
        const kept = all.filter(([whole, part]) => whole !== part)
        const graph = new Graph(
          Object.fromEntries(
            names.map((name) => [
              name,
              kept.filter(([whole]) => whole === name).map(([, part]) => part),
            ]),
          ),
        )
        for (const from of names) {
          const found = new Set<string>()
          for (let size = -1; size !== found.size;) {
            size = found.size
            for (const [whole, part] of kept) {
              if (part === from || found.has(part)) found.add(whole)
            }
          }
          expect(new Set(graph.entity(from).dependents.map(({ name }) => name))).toEqual(found)
        }
      }),
    )
  })

  test.each([
    ['a name twice, in singular and plural', { post: [], posts: [] }, /'post' and 'posts'/],
    ['a name that is none', { 'a b': [] }, /must be a name/],
    ['an entity of itself', { posts: ['post'] }, /names itself/],
    ['parts that are no list', { posts: 'pictures' }, /must be an array/],
    ['no object at all', null, /dependencies is null/],
  ])('with %s is refused', (_what, given, message) => {
    expect(() => new Graph(given as never)).toThrow(message)
  })

  test('refuses an unknown name with the nearest one', () => {
    const graph = new Graph(dependencies)
    expect(() => graph.entity('catagory')).toThrow(/Did you mean 'category'/)
    expect(() => graph.entity('__proto__')).toThrow(/There is no entity/)
    expect(() => graph.entity('zzzzzzzz')).toThrow(/The entities are posts, /)
  })
})

describe('a name', () => {
  test.each([
    ['posts', 'post'],
    ['categories', 'category'],
    ['movies', 'movie'],
    ['boxes', 'box'],
    ['addresses', 'address'],
    ['people', 'person'],
    ['days', 'day'],
    ['blogPosts', 'blogPost'],
    ['blog_entries', 'blog_entry'],
  ])('is the same in both numbers: %s, %s', (many, one) => {
    expect(formsOf(many)).toContain(one)
    expect(formsOf(one)).toContain(many)
  })

  test.each(['news', 'series', 'status', 'address', 'analysis'])(
    '%s has no singular of its own',
    (name) => {
      expect(formsOf(name)).not.toContain(name.slice(0, -1))
    },
  )

  test('that is far from all others has no nearest one', () => {
    expect(nearest('xyzzy', ['posts', 'pages'])).toBeUndefined()
    expect(nearest('pots', ['pages', 'posts'])).toBe('posts')
  })
})
