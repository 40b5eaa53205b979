/** Errors as sentences that a person can act on. */
import { type AccountDoing, accountSentences } from '../account/sentences.ts'
import { type AppError, type ErrorCode, generalSentence, waitText } from '../base/app-error.ts'

/** What the person was doing; some codes mean something more exact then. */
export type Doing =
  | 'vote'
  | 'create'
  | 'comment'
  | 'removeComment'
  | 'manage'
  | 'banner'
  | 'profile'
  | AccountDoing
  | 'read'

export function sentenceOf(error: AppError, doing: Doing): string {
  if (error.code === 'RATE_LIMITED') return limitedSentence(error, doing)
  return exact[doing]?.[error.code] ?? generalSentence(error)
}

type Sentences = Partial<Readonly<Record<ErrorCode, string>>>

const exact: Partial<Readonly<Record<Doing, Sentences>>> = {
  vote: {
    NOT_AUTHENTICATED: 'Sign in or continue as a guest to vote.',
    FORBIDDEN: 'This poll does not take your vote. It may have closed just now.',
    NOT_FOUND: 'This poll has been removed, so the ballot was not counted.',
    VALIDATION_FAILED:
      'That option is no longer on the ballot. Reload the page to see the current one.',
    UNAVAILABLE: 'Your ballot did not reach us. Trying again will not count it twice.',
    TIMEOUT: 'We did not hear back about your ballot. Trying again will not count it twice.',
  },
  create: {
    NOT_AUTHENTICATED: 'Sign in or continue as a guest to publish this poll.',
    DUPLICATE: 'You already have a poll with this question. Change a word or two.',
  },
  comment: {
    NOT_AUTHENTICATED: 'Sign in or continue as a guest to comment.',
    FORBIDDEN: 'Comments are closed on this poll.',
    NOT_FOUND: 'This poll has been removed, so the comment could not be added.',
  },
  removeComment: {
    FORBIDDEN: 'Only its author, the poll’s owner or an admin can remove a comment.',
    NOT_FOUND: 'That comment is already gone.',
  },
  manage: {
    FORBIDDEN: 'Only the poll’s owner or an admin can do this.',
    NOT_FOUND: 'This poll has already been removed.',
    CONFLICT: 'Somebody changed this poll at the same moment. Look at it again, then repeat.',
  },
  banner: {
    FORBIDDEN: 'Only admins can change the site banner.',
    NOT_FOUND: 'There is no cleared banner to bring back.',
    CONFLICT: 'Somebody else saved the banner while you were editing.',
  },
  profile: {
    NOT_AUTHENTICATED: 'Sign in to keep a display name.',
  },
  ...accountSentences,
  read: {
    NOT_AUTHENTICATED: 'Sign in to see this.',
    FORBIDDEN: 'You do not have access to this.',
    UNAVAILABLE: 'We cannot reach the server at the moment. This will fill in once we can.',
  },
}

function limitedSentence({ retryAfter }: AppError, doing: Doing): string {
  const wait = waitText(retryAfter)
  if (doing === 'vote')
    return `That was a lot of ballots in a short time. You can vote again ${wait}.`
  if (doing === 'signIn' || doing === 'signUp' || doing === 'guest')
    return `Too many attempts. Try again ${wait}.`
  return `That was a lot in a short time. Try again ${wait}.`
}
