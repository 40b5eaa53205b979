/** A thousand browsers, as far as the server can tell: sockets that read a stream. */
import { connect, type Socket } from 'node:net'

export interface Browsers {
  /** Resolves when every one of them has received the text. Texts come in order. */
  heard(text: string): Promise<void>
  close(): void
}

export async function openBrowsers(port: number, path: string, count: number): Promise<Browsers> {
  const sockets: Socket[] = []
  let waiting = ''
  let left = 0
  let ring: () => void = () => {}
  const open = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1')
      sockets.push(socket)
      let tail = ''
      let isOpen = false
      socket.setNoDelay(true)
      socket.setEncoding('latin1')
      socket.on('error', reject)
      socket.on('data', (part: string) => {
        tail = (tail + part).slice(-2_000)
        if (!isOpen && tail.includes('\n\n')) {
          isOpen = true
          resolve()
        }
        if (waiting === '' || !tail.includes(waiting)) return
        tail = ''
        if (--left === 0) ring()
      })
      socket.write(`GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\naccept: text/event-stream\r\n\r\n`)
    })
  for (let opened = 0; opened < count; opened += 50) {
    await Promise.all(Array.from({ length: 50 }, open))
  }
  return {
    heard: (text) =>
      new Promise((resolve) => {
        waiting = text
        left = count
        ring = () => {
          waiting = ''
          resolve()
        }
      }),
    close: () => {
      for (const socket of sockets) socket.destroy()
    },
  }
}
