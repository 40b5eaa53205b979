/** {@link Send} over `fetch`: one request, no redirects, a bounded answer, a limit in time. */
import { TargetError } from './account.ts'
import type { Reply, Send } from './ports.ts'

const maxAnswerBytes = 64 * 1024

export function sendBy(fetcher: typeof fetch, timeoutMs: number): Send {
  return async (url, { method, headers, body }) => {
    try {
      const response = await fetcher(url, {
        method,
        headers: { accept: 'application/json', ...headers },
        redirect: 'manual',
        signal: AbortSignal.timeout(timeoutMs),
        ...(body === undefined ? {} : { body }),
      })
      return { status: response.status, headers: response.headers, body: await jsonOf(response) }
    } catch (error) {
      if (error instanceof TargetError) throw error
      const isLate = error instanceof Error && error.name === 'TimeoutError'
      const message = isLate ? `It did not answer within ${timeoutMs} ms.` : 'It cannot be reached.'
      throw new TargetError(message, undefined, error)
    }
  }
}

/** What a JSON answer says; undefined for anything else. */
async function jsonOf(response: Response): Promise<Reply['body']> {
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength
    if (bytes > maxAnswerBytes) throw new TargetError('Its answer is too long.')
    text += decoder.decode(chunk, { stream: true })
  }
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
