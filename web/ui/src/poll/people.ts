/** Names, and who may do what. The server decides; this decides what is worth showing. */
import type { AppUser, Comment, Poll, ProfileRow, Vote } from './port.ts'

/** The name to sign ballots and comments with. */
export function signatureOf(user: AppUser, profile: ProfileRow | null | undefined): string {
  return profile?.displayName.trim() || user.name.trim() || 'Guest'
}

/** A host may stamp the voter's id where the name was; then the joined author is the name. */
export function voterNameOf(vote: Vote): string {
  const signed = vote.voter.trim()
  if (signed !== '' && signed !== vote.userId) return signed
  return vote.author?.name.trim() || 'Someone'
}

export function commenterNameOf(comment: Comment): string {
  return comment.authorName?.trim() || comment.author?.name.trim() || 'Someone'
}

export function isOwner(user: AppUser | null, poll: Poll): boolean {
  return user !== null && user._id === poll.userId
}

export function isAdmin(user: AppUser | null): boolean {
  return user?.role === 'admin'
}

export function mayRemoveComment(user: AppUser | null, comment: Comment, poll: Poll): boolean {
  return user !== null && (user._id === comment.userId || isOwner(user, poll) || isAdmin(user))
}

export function isClosed(poll: Poll, nowMs: number): boolean {
  return poll.closesAt !== undefined && poll.closesAt <= nowMs
}
