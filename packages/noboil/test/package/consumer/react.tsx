import {
  createApi,
  createClient,
  NoboilProvider,
  useConnection,
  useKv,
  useList,
  useLog,
  useMut,
} from 'noboil/node/react'
import type { ReactElement } from 'react'
import type { Api } from './server.ts'

const api = createApi<Api>()
const client = createClient()

export function App(): ReactElement {
  return (
    <NoboilProvider client={client}>
      <Polls />
    </NoboilProvider>
  )
}

function Polls(): ReactElement {
  const banner = useKv(api.siteConfig, 'banner')
  const polls = useList(api.poll.pub.list, {})
  const create = useMut(api.poll.create)
  const connection = useConnection()
  // @ts-expect-error -- the schema names the keys there are
  useKv(api.siteConfig, 'footer')
  return (
    <main data-connection={connection}>
      <p>{banner.data?.active ? banner.data.message : null}</p>
      {polls.data?.map((poll) => (
        <Poll key={poll._id} id={poll._id} question={poll.question} />
      ))}
      <button
        type="button"
        onClick={() =>
          void create({
            payload: { question: 'Tea?', options: ['yes', 'no'], isPublic: true },
          })
        }
      >
        New poll
      </button>
    </main>
  )
}

function Poll({ id, question }: { id: string; question: string }): ReactElement {
  const votes = useLog(api.vote, { parent: id, counts: 'optionIdx' })
  const vote = async (optionIdx: number): Promise<number> => {
    const { seq } = await votes.append({ payload: { optionIdx, voter: 'me' } })
    return seq
  }
  // @ts-expect-error -- a vote is for an option, not for a word
  const spoil = (): unknown => votes.append({ payload: { optionIdx: 'yes', voter: 'me' } })
  return (
    <section onDoubleClick={spoil}>
      <h2>{question}</h2>
      <button type="button" onClick={() => void vote(0)}>
        {votes.counts?.['0'] ?? 0}
      </button>
    </section>
  )
}
