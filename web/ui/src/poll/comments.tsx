/** What people say about a poll. */
import { Trash2 } from 'lucide-react'
import { type FormEvent, type ReactNode, useEffect, useRef, useState } from 'react'
import { Button } from '../base/button.tsx'
import { Confirm } from '../base/dialog.tsx'
import { TextArea } from '../base/field.tsx'
import { Avatar, Skeleton } from '../base/surfaces.tsx'
import { TimeAgo } from '../base/time-ago.tsx'
import { useIsArrival } from '../base/use-arrivals.ts'
import { useAttempt, useBackend, useSentence } from './backend.tsx'
import { useWithUser } from './join.tsx'
import { commenterNameOf, mayRemoveComment, signatureOf } from './people.ts'
import type { Comment, Poll } from './port.ts'

export const commentCharsMax = 500

export function Comments({ poll }: { readonly poll: Poll }): ReactNode {
  const { useComments, useSession, useActions } = useBackend()
  const comments = useComments(poll._id)
  const { user } = useSession()
  const { removeComment } = useActions()
  const sentence = useSentence()
  const [removing, setRemoving] = useState<Comment>()
  const isArrival = useIsArrival(comments.data?.map((comment) => comment._creationTime))
  return (
    <section className="comments" aria-labelledby="comments">
      <h2 className="block-title" id="comments">
        Comments
      </h2>
      <Composer poll={poll} />
      {comments.error && !comments.data ? (
        <p className="quiet">{sentence(comments.error, 'read')}</p>
      ) : null}
      {!comments.data && !comments.error && <LoadingComments />}
      {comments.data?.length === 0 && <p className="quiet">Nobody has said anything yet.</p>}
      <ul className="comment-list">
        {comments.data?.map((comment) => (
          <li
            key={comment._id}
            className={isArrival(comment._creationTime) ? 'is-arrival' : undefined}
          >
            <CommentRow
              comment={comment}
              {...(mayRemoveComment(user, comment, poll) && {
                onRemove: () => setRemoving(comment),
              })}
            />
          </li>
        ))}
      </ul>
      {comments.data && comments.hasMore && (
        <Button
          look="plain"
          size="small"
          busy={comments.isLoading}
          onClick={() => comments.loadMore(20)}
        >
          Show earlier comments
        </Button>
      )}
      <Confirm
        open={removing !== undefined}
        title="Remove this comment?"
        action="Remove comment"
        danger
        onConfirm={async () => removing && (await removeComment(removing._id))}
        onClose={() => setRemoving(undefined)}
        sentenceOf={(error) => sentence(error, 'removeComment')}
      >
        “{excerpt(removing?.text ?? '')}” disappears for everyone.
      </Confirm>
    </section>
  )
}

function Composer({ poll }: { readonly poll: Poll }): ReactNode {
  const { text, error, busy, change, submit } = useComposer(poll)
  return (
    <form className="composer" onSubmit={submit} noValidate>
      <TextArea
        label="Add a comment"
        labelHidden
        placeholder="Say why"
        rows={2}
        value={text}
        error={error}
        onChange={(event) => change(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && (event.metaKey || event.ctrlKey)) {
            event.currentTarget.form?.requestSubmit()
          }
        }}
      />
      <Button type="submit" look="line" busy={busy}>
        Comment
      </Button>
    </form>
  )
}

interface ComposerState {
  readonly text: string
  readonly error: string | undefined
  readonly busy: boolean
  readonly change: (text: string) => void
  readonly submit: (event: FormEvent) => void
}

function useComposer(poll: Poll): ComposerState {
  const { useActions, useSession, useProfile } = useBackend()
  const { addComment } = useActions()
  const { user } = useSession()
  const { data: profile } = useProfile()
  const withUser = useWithUser()
  const attempt = useAttempt()
  const [text, setText] = useState('')
  const [error, setError] = useState<string>()
  const [busy, setBusy] = useState(false)
  const latest = useRef({ addComment, user, profile })
  useEffect(() => {
    latest.current = { addComment, user, profile }
  })
  const send = async (said: string): Promise<void> => {
    const now = latest.current
    const name = now.user ? signatureOf(now.user, now.profile) : undefined
    setBusy(true)
    const sent = await attempt({
      doing: 'comment',
      run: () => now.addComment(poll._id, { text: said, ...(name && { authorName: name }) }),
    })
    setBusy(false)
    // What somebody went on to write meanwhile is theirs to send.
    if (sent) setText((written) => (written.trim() === said ? '' : written))
  }
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    const said = text.trim()
    const wrong = commentError(said)
    setError(wrong)
    if (!wrong && !busy) withUser('Who is speaking?', () => void send(said))
  }
  const change = (next: string): void => {
    setText(next)
    setError(undefined)
  }
  return { text, error, busy, change, submit }
}

interface CommentRowProps {
  readonly comment: Comment
  readonly onRemove?: () => void
}

function CommentRow({ comment, onRemove }: CommentRowProps): ReactNode {
  const name = commenterNameOf(comment)
  return (
    <article className="comment">
      <Avatar
        name={name}
        image={comment.author?.image ?? undefined}
        seed={comment.userId}
        sizePx={36}
      />
      <div className="comment__body">
        <p className="comment__head">
          <strong>{name}</strong>
          <TimeAgo atMs={comment._creationTime} />
        </p>
        <p className="comment__text">{comment.text}</p>
      </div>
      {onRemove && (
        <Button
          look="plain"
          size="small"
          icon
          aria-label={`Remove the comment by ${name}`}
          onClick={onRemove}
        >
          <Trash2 size={16} aria-hidden="true" />
        </Button>
      )}
    </article>
  )
}

function LoadingComments(): ReactNode {
  return (
    <ul className="comment-list" aria-busy="true" aria-label="Loading comments">
      {['85%', '60%'].map((width) => (
        <li key={width}>
          <div className="comment">
            <Skeleton width="36px" height="36px" pill />
            <div className="comment__body">
              <Skeleton width="8rem" height="1.1rem" />
              <Skeleton width={width} height="1.1rem" />
            </div>
          </div>
        </li>
      ))}
    </ul>
  )
}

function commentError(text: string): string | undefined {
  if (text === '') return 'Write something first.'
  return text.length > commentCharsMax
    ? `Keep it to ${commentCharsMax} characters; this has ${text.length}.`
    : undefined
}

function excerpt(text: string): string {
  return text.length <= 80 ? text : `${text.slice(0, 79).trimEnd()}…`
}
