/** Casting ballots on one poll. */
import { useContext, useEffect, useRef, useState } from 'react'
import { useAttempt, useBackend } from './backend.tsx'
import { type BallotStatus, ballotStatus, type Receipt } from './ballot-status.ts'
import { useWithUser } from './join.tsx'
import { newKey } from './new-key.ts'
import { isClosed, signatureOf } from './people.ts'
import type { Poll, VoteLog } from './port.ts'
import { ClockContext, useNow } from '../base/time-ago.tsx'

export interface Casting {
  readonly status: BallotStatus
  /** The option whose ballot is on its way. */
  readonly pending: number | undefined
  readonly receipt: Receipt | undefined
  readonly cast: (optionIdx: number) => void
}

export function useCasting(poll: Poll, votes: VoteLog): Casting {
  const backend = useBackend()
  const { state: quota } = backend.useBallotQuota()
  const withUser = useWithUser()
  const [receipt, setReceipt] = useState<Receipt>()
  const { pending, send, refusal } = useSend(votes, setReceipt)
  const nowMs = useNow(1_000)
  const status = ballotStatus({
    isClosed: isClosed(poll, nowMs),
    quota,
    // The clock on the page ticks in whole seconds; it must not make the wait longer than it was.
    refusedForMs: Math.min(refusal.forMs, refusal.untilMs - nowMs),
    receipt,
  })
  const isOpen = status.kind !== 'closed' && status.kind !== 'limited'
  const cast = (optionIdx: number): void => {
    if (!isOpen || pending !== undefined) return
    withUser('Who is voting?', () => send(optionIdx))
  }
  return { status, pending, receipt, cast }
}

/** The last refusal by rate limit; zeros before the first. */
interface Refusal {
  readonly forMs: number
  readonly untilMs: number
}

interface Sending {
  readonly pending: number | undefined
  readonly send: (optionIdx: number) => void
  readonly refusal: Refusal
}

function useSend(votes: VoteLog, onCounted: (receipt: Receipt) => void): Sending {
  const { useSession, useProfile } = useBackend()
  const clock = useContext(ClockContext)
  const { user } = useSession()
  const { data: profile } = useProfile()
  const attempt = useAttempt()
  const [pending, setPending] = useState<number>()
  const [refusal, setRefusal] = useState<Refusal>({ forMs: 0, untilMs: 0 })
  // Signing in may come between the press and the sending: read what is current when it is sent.
  const latest = useRef({ votes, user, profile })
  useEffect(() => {
    latest.current = { votes, user, profile }
  })
  const send = (optionIdx: number): void => {
    // Made once per ballot, outside of what is tried again: a repeat is recognised, not counted.
    const idempotencyKey = newKey()
    const run = async (): Promise<void> => {
      const now = latest.current
      const voter = now.user ? signatureOf(now.user, now.profile) : ''
      setPending(optionIdx)
      try {
        const payload = { optionIdx, voter }
        onCounted({ optionIdx, ...(await now.votes.append({ payload, idempotencyKey })) })
      } finally {
        setPending(undefined)
      }
    }
    void attempt({
      doing: 'vote',
      run,
      onError: ({ code, retryAfter }) => {
        if (code !== 'RATE_LIMITED' || !retryAfter) return false
        setRefusal({ forMs: retryAfter, untilMs: clock() + retryAfter })
        return true
      },
    })
  }
  return { pending, send, refusal }
}
