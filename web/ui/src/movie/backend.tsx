/** Hands the host's backend to the screens, and its errors to people. */
import { createContext, useCallback, useContext } from 'react'
import { type Attempt, useAttemptWith } from '../base/use-attempt.ts'
import type { MovieBackend } from './port.ts'
import { type Doing, sentenceOf } from './sentences.ts'

export const BackendContext = createContext<MovieBackend | null>(null)

export function useBackend(): MovieBackend {
  const backend = useContext(BackendContext)
  if (!backend) throw new Error('The movie screens are rendered outside of MovieApp')
  return backend
}

/** Turns anything a promise or a query rejected with into a sentence. */
export function useSentence(): (error: unknown, doing: Doing) => string {
  const { errorOf } = useBackend()
  return useCallback((error, doing) => sentenceOf(errorOf(error), doing), [errorOf])
}

/** Runs something, shows what went wrong as a message with a way to try again, answers whether it worked. */
export function useAttempt(): (attempt: Attempt<Doing>) => Promise<boolean> {
  return useAttemptWith(useBackend().errorOf, sentenceOf)
}
