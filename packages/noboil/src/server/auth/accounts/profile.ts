/** What a name and an image may be: they are shown to everybody, and joined into every row of their author. */
import { APIError } from 'better-auth/api'

const maxNameLength = 80
const maxImageLength = 2_048
const maxEmailLength = 254

/** What is about to be written of an account; fields that are absent stay as they are. */
export interface ProfileChange {
  readonly name?: unknown
  readonly image?: unknown
  readonly email?: unknown
}

/** The change with its name trimmed. Throws what better-auth answers with status 400. */
export function checkedProfile(change: ProfileChange): { data: { name?: string } } {
  const { name, image, email } = change
  if (typeof email === 'string' && email.length > maxEmailLength) {
    throw refused('email', `Must be at most ${maxEmailLength} characters long.`)
  }
  if (image !== undefined && image !== null) checkImage(image)
  return { data: name === undefined ? {} : { name: checkedName(name) } }
}

function checkedName(name: unknown): string {
  const trimmed = typeof name === 'string' ? name.trim() : ''
  if (trimmed === '') throw refused('name', 'Must not be empty.')
  if (trimmed.length > maxNameLength) {
    throw refused('name', `Must be at most ${maxNameLength} characters long.`)
  }
  if (!trimmed.isWellFormed() || /\p{Cc}/u.test(trimmed)) {
    throw refused('name', 'Must be text without control characters.')
  }
  return trimmed
}

function checkImage(image: unknown): void {
  if (typeof image !== 'string' || image.length > maxImageLength || !isPlace(image)) {
    throw refused('image', `Must be an http(s) address of at most ${maxImageLength} characters.`)
  }
}

/** On the web, or on this server. */
const isPlace = (image: string): boolean =>
  image.isWellFormed() && /^(https?:\/\/[^\s\p{Cc}]+|\/(?!\/)[^\s\\\p{Cc}]*)$/u.test(image)

const refused = (field: string, message: string): APIError =>
  new APIError('BAD_REQUEST', { code: 'VALIDATION_ERROR', message: `${field}: ${message}` })
