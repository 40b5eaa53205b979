import { QueryClient, QueryClientProvider, useQuery } from '@tanstack/react-query'
import { act, cleanup, render, screen } from '@testing-library/react'
import type { ReactElement } from 'react'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { UpdateListener } from '../client/updates.ts'
import { NoboilError } from '../errors/error.ts'
import type { AppUpdate } from '../wire/messages.ts'
import {
  StreamInvalidator,
  type StreamInvalidatorProps,
  StreamProvider,
  type UpdateSource,
} from './updates.tsx'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => {
  cleanup()
  vi.useRealTimers()
})

/** A server that says what a test tells it to. */
class Source implements UpdateSource {
  readonly listeners: Set<UpdateListener> = new Set()
  asked: readonly string[] = []

  watchEntities(entities: readonly string[], listener: UpdateListener): () => void {
    this.asked = entities
    this.listeners.add(listener)
    return () => void this.listeners.delete(listener)
  }

  async tell(update: Partial<AppUpdate>): Promise<void> {
    const whole: AppUpdate = {
      type: 'app-update',
      entity: 'posts',
      names: ['posts', 'post'],
      id: null,
      action: 'update',
      stale: [],
      ...update,
    }
    for (const listener of this.listeners) listener.changed(whole)
    await pass(0)
  }
}

const pass = (ms: number): Promise<void> =>
  act(async () => void (await vi.advanceTimersByTimeAsync(ms)))

function Shown({ keys, fetches }: { keys: readonly string[][]; fetches: string[] }): ReactElement {
  return (
    <>
      {keys.map((key) => (
        <One key={key.join()} queryKey={key} fetches={fetches} />
      ))}
    </>
  )
}

function One({ queryKey, fetches }: { queryKey: string[]; fetches: string[] }): ReactElement {
  const { data = 'loading' } = useQuery({
    queryKey,
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async () => {
      await new Promise((resolve) => setTimeout(resolve, 10))
      fetches.push(queryKey.join(' '))
      return `${fetches.length}`
    },
  })
  return <p>{`${queryKey.join(' ')}: ${data}`}</p>
}

async function stage(
  keys: readonly string[][],
  props: Partial<StreamInvalidatorProps> = {},
): Promise<{ source: Source; fetches: string[]; queryClient: QueryClient }> {
  const source = new Source()
  const fetches: string[] = []
  const queryClient = new QueryClient()
  render(
    <QueryClientProvider client={queryClient}>
      <StreamProvider client={source}>
        <StreamInvalidator entities={{ post: {} }} random={() => 0.5} {...props} />
        <Shown keys={keys} fetches={fetches} />
      </StreamProvider>
    </QueryClientProvider>,
  )
  await pass(20)
  fetches.length = 0
  return { source, fetches, queryClient }
}

describe('a change of one thing', () => {
  test('resets its own query at once, and fetches the overarching ones a little later', async () => {
    const { source, fetches } = await stage(
      [['post', '1'], ['post', '2'], ['posts'], ['pages'], ['feed'], ['users']],
      { entities: { post: { refetch: [['posts'], ['pages'], ['feed']] } } },
    )
    await source.tell({ id: '1' })
    expect(screen.getByText('post 1: loading')).toBeDefined()
    expect(screen.getByText(/^posts: \d/)).toBeDefined()
    await pass(20)
    expect(fetches).toEqual(['post 1'])
    await pass(600)
    expect(fetches).toEqual(['post 1', 'posts', 'pages', 'feed'])
  })

  test('is known by its singular and its plural name alike', async () => {
    for (const entities of [{ post: {} }, { posts: {} }]) {
      const { source, fetches } = await stage([['post', '1'], ['posts']], { entities })
      await source.tell({ entity: 'post', names: ['post', 'posts'], id: '1' })
      await pass(600)
      expect(fetches).toEqual(['post 1', 'posts'])
      cleanup()
    }
  })

  test('goes to the keys that the app gives', async () => {
    const { source, fetches } = await stage(
      [
        ['blog', 'entry', '1'],
        ['blog', 'list'],
        ['post', '1'],
      ],
      {
        entities: { post: { reset: (id) => [['blog', 'entry', id]], refetch: [['blog', 'list']] } },
      },
    )
    await source.tell({ id: '1' })
    await pass(600)
    expect(fetches).toEqual(['blog entry 1', 'blog list'])
  })
})

describe('a change of nobody knows which', () => {
  test('fetches all of them again, and shows what there is meanwhile', async () => {
    const { source, fetches } = await stage([['post', '1'], ['posts'], ['users']])
    await source.tell({ id: null })
    expect(screen.queryByText(/loading/)).toBeNull()
    await pass(600)
    expect(fetches.toSorted()).toEqual(['post 1', 'posts'])
  })

  test('of something that an entity depends on fetches that entity again', async () => {
    const { source, fetches } = await stage([['posts'], ['feed']], {
      entities: { feed: {} },
    })
    await source.tell({ entity: 'posts', id: '1', stale: ['feed', 'feeds'] })
    await pass(600)
    expect(fetches).toEqual(['feed'])
  })
})

test('many changes in a short time are fetched once', async () => {
  const { source, fetches } = await stage([['posts']])
  for (let time = 0; time < 50; time++) await source.tell({ id: null })
  await pass(600)
  expect(fetches).toEqual(['posts'])
})

test('refetches are spread', async () => {
  const { source, fetches } = await stage([['posts']], { spreadMs: 10_000, random: () => 0.9 })
  await source.tell({ id: null })
  await pass(8_900)
  expect(fetches).toEqual([])
  await pass(200)
  expect(fetches).toEqual(['posts'])
})

test('a query that nobody shows is fetched by the next who does', async () => {
  const { source, fetches, queryClient } = await stage([['posts']])
  queryClient.setQueryData(['post', '9'], 'old')
  await source.tell({ id: null })
  await pass(600)
  expect(fetches).toEqual(['posts'])
  expect(queryClient.getQueryState(['post', '9'])?.isInvalidated).toBe(true)
})

test('after a time of which nothing is known, everything is fetched again', async () => {
  const { source, fetches } = await stage([['post', '1'], ['posts'], ['feed'], ['users']], {
    entities: { post: { refetch: [['posts'], ['feed']] } },
  })
  for (const listener of source.listeners) listener.missed()
  await pass(600)
  expect(fetches.toSorted()).toEqual(['feed', 'post 1', 'posts'])
})

test('what the server refuses is told to the app', async () => {
  const onError = vi.fn<(error: NoboilError) => void>()
  const { source } = await stage([], { onError })
  const error = new NoboilError('UNSUPPORTED', 'no cache')
  for (const listener of source.listeners) listener.refused?.(error)
  expect(onError).toHaveBeenCalledWith(error)
})

test('asks for what it maps, and no longer when it is gone', async () => {
  const { source } = await stage([], { entities: { posts: {}, feed: {} } })
  expect(source.asked).toEqual(['feed', 'posts'])
  cleanup()
  expect(source.listeners.size).toBe(0)
})
