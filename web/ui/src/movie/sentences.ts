/** Errors as sentences that a person can act on. */
import { type AccountDoing, accountSentences } from '../account/sentences.ts'
import { type AppError, type ErrorCode, generalSentence, waitText } from '../base/app-error.ts'

/** What the person was doing; some codes mean something more exact then. */
export type Doing = 'search' | 'open' | 'refresh' | 'manage' | 'switch' | 'list' | AccountDoing

export function sentenceOf(error: AppError, doing: Doing): string {
  if (error.code === 'RATE_LIMITED') {
    const wait = waitText(error.retryAfter)
    if (doing === 'refresh') return `That was a lot of fetching. You can fetch again ${wait}.`
    if (doing === 'signIn' || doing === 'signUp' || doing === 'guest')
      return `Too many attempts. Try again ${wait}.`
  }
  return exact[doing]?.[error.code] ?? catalogue[error.code] ?? generalSentence(error)
}

type Sentences = Partial<Readonly<Record<ErrorCode, string>>>

const catalogue: Sentences = {
  FETCH_FAILED: 'The catalogue did not answer. Try again in a moment.',
  NO_FETCHER: 'This server has no catalogue to ask.',
}

const exact: Partial<Readonly<Record<Doing, Sentences>>> = {
  ...accountSentences,
  search: {
    FETCH_FAILED: 'The catalogue did not answer this search. Films that are kept here still open.',
    TIMEOUT: 'The catalogue took too long for this search. Films that are kept here still open.',
  },
  open: {
    FETCH_FAILED:
      'The catalogue did not answer, and there is no copy of this film here yet. It may be back in a moment.',
    TIMEOUT:
      'The catalogue took too long, and there is no copy of this film here yet. It may be back in a moment.',
    NOT_FOUND: 'The catalogue has no film with this number.',
  },
  refresh: {
    NOT_FOUND: 'The catalogue no longer has this film.',
  },
  manage: {
    FORBIDDEN: 'Only admins can change what is kept.',
    NOT_FOUND: 'This film is no longer kept.',
  },
  switch: {
    FORBIDDEN: 'Only admins can turn the catalogue’s switch.',
    FETCH_FAILED: 'The catalogue’s switch cannot be reached.',
  },
  list: {
    UNAVAILABLE: 'We cannot reach the server at the moment. This will fill in once we can.',
  },
}
