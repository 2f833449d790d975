// An echo bot with Baileys: what somebody writes comes back. Linked to Ann's phone by the sandbox itself.
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { makeWASocket, useMultiFileAuthState, WA_CERT_DETAILS } from 'baileys'
import { pino } from 'pino'
const { WAGATE_SANDBOX_WS: ws, WAGATE_SANDBOX_CONTROL: control, WAGATE_SANDBOX_ROOT: root, BOT_AUTH } = process.env
WA_CERT_DETAILS.PUBLIC_KEY = Buffer.from(root, 'hex')
console.info = () => {} // where its Signal library prints keys
// Each start is a new network, which knows no device yet.
const { state, saveCreds } = await useMultiFileAuthState(BOT_AUTH ?? mkdtempSync(`${tmpdir()}/bot-`))
const config = {
  auth: state,
  waWebSocketUrl: ws,
  version: [2, 3000, 1027934701],
  logger: pino({ level: 'fatal' }),
  // It needs no history, and Baileys would ask WhatsApp's own host for it.
  shouldSyncHistoryMessage: () => false,
}
const start = () => {
  const bot = makeWASocket(config)
  bot.ev.on('creds.update', saveCreds)
  bot.ev.on('connection.update', ({ qr, connection, lastDisconnect }) => {
    if (qr) fetch(`${control}/phones/12025550101/scan`, { method: 'POST', body: JSON.stringify({ qr }) })
    if (connection === 'close' && lastDisconnect?.error?.output?.statusCode === 515) start()
  })
  bot.ev.on('messages.upsert', async ({ messages, type }) => {
    if (type !== 'notify') return
    for (const { key, message } of messages) {
      if (!key.fromMe && message?.conversation) {
        await bot.sendMessage(key.remoteJid, { text: `echo: ${message.conversation}` })
      }
    }
  })
}
start()
