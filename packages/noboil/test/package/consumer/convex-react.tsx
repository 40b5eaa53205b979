import { anyApi } from 'convex/server'
import { useKv, useList, useLog, useMut } from 'noboil/convex/react'
import type { ReactElement } from 'react'
import type { Api } from './convex.ts'

const api: Api = anyApi as unknown as Api

export function Polls(): ReactElement {
  const banner = useKv(api.siteConfig, 'banner')
  const polls = useList(api.poll.list, {})
  const create = useMut(api.poll.create)
  // @ts-expect-error -- the schema names the keys there are
  useKv(api.siteConfig, 'footer')
  // @ts-expect-error -- a poll is about something
  const nothing = (): unknown => create({ payload: { options: ['yes', 'no'], isPublic: true } })
  return (
    <main>
      <button type="button" onClick={() => void nothing()}>
        New poll
      </button>
      <p>{banner.data?.active ? banner.data.message : null}</p>
      {polls.data?.map((poll) => (
        <Poll key={poll._id} id={poll._id} question={poll.question} />
      ))}
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
