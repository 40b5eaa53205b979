/** A search as one types: asked for after a pause, and only the last one counts. */
import { useEffect, useState } from 'react'
import { useBackend } from './backend.tsx'
import type { SearchAnswer } from './port.ts'

export const searchCharsMax = 100
const pauseMs = 250

export interface Search {
  readonly state: 'idle' | 'searching' | 'found' | 'failed'
  /** The last answer there was: it stays while the next one is on its way. */
  readonly answer: SearchAnswer | undefined
  readonly error: unknown
  readonly retry: () => void
}

interface Outcome {
  readonly text: string
  readonly answer?: SearchAnswer
  readonly error?: unknown
}

export function useSearch(typed: string): Search {
  const { search } = useBackend().useActions()
  const [outcome, setOutcome] = useState<Outcome>()
  const [turn, setTurn] = useState(0)
  const text = typed.trim().slice(0, searchCharsMax)
  useEffect(() => {
    if (text === '') {
      setOutcome(undefined)
      return undefined
    }
    const over = new AbortController()
    const ask = async (): Promise<void> => {
      try {
        const answer = await search(text, over.signal)
        if (!over.signal.aborted) setOutcome({ text, answer })
      } catch (error) {
        if (!over.signal.aborted) setOutcome({ text, error })
      }
    }
    const timer = setTimeout(() => void ask(), pauseMs)
    return () => {
      over.abort()
      clearTimeout(timer)
    }
  }, [search, text, turn])
  const isOwn = outcome?.text === text
  return {
    state: stateOf(text, isOwn ? outcome : undefined),
    answer: text === '' ? undefined : outcome?.answer,
    error: isOwn ? outcome.error : undefined,
    retry: () => {
      setOutcome(undefined)
      setTurn((last) => last + 1)
    },
  }
}

function stateOf(text: string, outcome: Outcome | undefined): Search['state'] {
  if (text === '') return 'idle'
  if (outcome === undefined) return 'searching'
  return outcome.answer === undefined ? 'failed' : 'found'
}
