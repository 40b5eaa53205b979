/** What the owner of a poll, or an admin, can do with it. */
import { type ReactNode, useState } from 'react'
import { useLocation } from 'wouter'
import { Button } from '../base/button.tsx'
import { Switch } from '../base/choice.tsx'
import { Confirm } from '../base/dialog.tsx'
import { useNow } from '../base/time-ago.tsx'
import { useToast } from '../base/toast.tsx'
import { useHeld } from '../base/use-held.ts'
import { useAttempt, useBackend, useSentence } from './backend.tsx'
import { isAdmin, isClosed, isOwner } from './people.ts'
import type { Poll, VoteLog } from './port.ts'
import { routes } from './routes.ts'
import { ballotsText } from './tally.ts'

export interface PollToolsProps {
  readonly poll: Poll
  readonly votes: VoteLog
}

export function PollTools({ poll, votes }: PollToolsProps): ReactNode {
  const { user } = useBackend().useSession()
  const owner = isOwner(user, poll)
  if (!owner && !isAdmin(user)) return null
  return (
    <section className="aside-block tools" aria-labelledby="tools">
      <h2 className="block-title" id="tools">
        {owner ? 'Your poll' : 'Admin'}
      </h2>
      {owner && <OwnerTools poll={poll} />}
      <BoxTools votes={votes} />
      <RemoveTool poll={poll} />
    </section>
  )
}

function OwnerTools({ poll }: { readonly poll: Poll }): ReactNode {
  const { useActions, unlisted } = useBackend()
  const { setVisibility, closePoll, reopenPoll } = useActions()
  const attempt = useAttempt()
  const sentence = useSentence()
  const [isListed, hold] = useHeld(poll.isPublic)
  const [asking, setAsking] = useState(false)
  const closed = isClosed(poll, useNow(5_000))
  return (
    <>
      <Switch
        label="Listed"
        hint={
          isListed
            ? 'Everyone finds it on the first page.'
            : unlisted === 'link'
              ? 'Only people with the link find it.'
              : 'Only you can open it.'
        }
        checked={isListed}
        onChange={(next) =>
          hold(next, () => attempt({ doing: 'manage', run: () => setVisibility(poll._id, next) }))
        }
      />
      <Tool about={closed ? 'Nobody can vote.' : 'Anybody who sees it can vote.'}>
        {closed ? (
          <Button
            look="line"
            size="small"
            onClick={() =>
              void attempt({
                doing: 'manage',
                run: () => reopenPoll(poll._id),
                done: 'The poll is open again.',
              })
            }
          >
            Reopen poll
          </Button>
        ) : (
          <Button look="line" size="small" onClick={() => setAsking(true)}>
            Close poll
          </Button>
        )}
      </Tool>
      <Confirm
        open={asking}
        title="Close this poll?"
        action="Close poll"
        onConfirm={() => closePoll(poll._id)}
        onClose={() => setAsking(false)}
        sentenceOf={(error) => sentence(error, 'manage')}
      >
        No more ballots are taken and the result stays as it is. You can reopen it later.
      </Confirm>
    </>
  )
}

function BoxTools({ votes }: { readonly votes: VoteLog }): ReactNode {
  const attempt = useAttempt()
  const toast = useToast()
  const sentence = useSentence()
  const [asking, setAsking] = useState(false)
  const restore = async (): Promise<void> => {
    const { restored } = await votes.restore()
    toast({
      text:
        restored === 0 ? 'There was nothing to put back.' : `${ballotsText(restored)} put back.`,
    })
  }
  const purge = async (): Promise<void> => {
    const { deleted } = await votes.purge()
    toast({
      text: deleted === 0 ? 'The box was already empty.' : `${ballotsText(deleted)} taken out.`,
    })
  }
  return (
    <Tool about="Ballots that are taken out can be put back.">
      <Button look="line" size="small" onClick={() => setAsking(true)}>
        Empty the box
      </Button>
      <Button
        look="line"
        size="small"
        onClick={() => void attempt({ doing: 'manage', run: restore })}
      >
        Put ballots back
      </Button>
      <Confirm
        open={asking}
        title="Take out every ballot?"
        action="Empty the box"
        danger
        onConfirm={purge}
        onClose={() => setAsking(false)}
        sentenceOf={(error) => sentence(error, 'manage')}
      >
        The tally drops to zero for everyone, at once. “Put ballots back” undoes it.
      </Confirm>
    </Tool>
  )
}

function RemoveTool({ poll }: { readonly poll: Poll }): ReactNode {
  const { removePoll } = useBackend().useActions()
  const sentence = useSentence()
  const toast = useToast()
  const [, navigate] = useLocation()
  const [asking, setAsking] = useState(false)
  const remove = async (): Promise<void> => {
    await removePoll(poll._id)
    toast({ text: 'The poll is removed.' })
    navigate(routes.home)
  }
  return (
    <Tool about="Takes its ballots and comments along.">
      <Button look="line" size="small" className="tools__remove" onClick={() => setAsking(true)}>
        Remove poll
      </Button>
      <Confirm
        open={asking}
        title="Remove this poll?"
        action="Remove poll"
        danger
        onConfirm={remove}
        onClose={() => setAsking(false)}
        sentenceOf={(error) => sentence(error, 'manage')}
      >
        “{poll.question}” disappears for everyone, with its ballots and comments. Links to it stop
        working.
      </Confirm>
    </Tool>
  )
}

interface ToolProps {
  readonly about: string
  readonly children: ReactNode
}

function Tool({ about, children }: ToolProps): ReactNode {
  return (
    <div className="tool">
      <div className="tool__buttons">{children}</div>
      <p className="tool__about">{about}</p>
    </div>
  )
}
