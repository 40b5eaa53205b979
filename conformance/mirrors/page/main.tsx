/** A page with query keys of its own, which knows of the cache only through the StreamInvalidator. */
import { QueryClient, QueryClientProvider, useQuery } from '@tanstack/react-query'
import { type AppUpdate, createClient, StreamInvalidator, StreamProvider } from 'noboil/node/react'
import type { ReactElement } from 'react'
import { createRoot } from 'react-dom/client'

interface Post {
  readonly id: string
  readonly title: string
}

declare global {
  interface Window {
    updates: AppUpdate[]
  }
}

window.updates = []

const read = async <value,>(path: string): Promise<value> =>
  (await (await fetch(path)).json()) as value

function Posts(): ReactElement {
  const { data = [] } = useQuery({
    queryKey: ['posts'],
    queryFn: () => read<readonly Post[]>('/api/posts'),
    staleTime: Number.POSITIVE_INFINITY,
  })
  return (
    <ul>
      {data.map(({ id, title }) => (
        <li key={id}>{title}</li>
      ))}
    </ul>
  )
}

function One({ id }: { readonly id: string }): ReactElement {
  const { data } = useQuery({
    queryKey: ['post', id],
    queryFn: () => read<Post>(`/api/posts/${id}`),
    staleTime: Number.POSITIVE_INFINITY,
  })
  return <h1>{data?.title ?? 'loading'}</h1>
}

createRoot(document.querySelector('#root') as Element).render(
  <QueryClientProvider client={new QueryClient()}>
    <StreamProvider client={createClient()}>
      <StreamInvalidator
        entities={{ post: { refetch: [['posts'], ['pages'], ['feed']] } }}
        spreadMs={50}
        onUpdate={(update) => window.updates.push(update)}
      />
      <One id="1" />
      <Posts />
    </StreamProvider>
  </QueryClientProvider>,
)
