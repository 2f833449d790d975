// An echo bot with Baileys: what somebody writes comes back. Linked to Ann's phone by the sandbox itself.
import { makeWASocket, useMultiFileAuthState, WA_CERT_DETAILS } from 'baileys'
const { WAGATE_SANDBOX_WS: ws, WAGATE_SANDBOX_CONTROL: control, WAGATE_SANDBOX_ROOT: root } = process.env
WA_CERT_DETAILS.PUBLIC_KEY = Buffer.from(root, 'hex')
const { state, saveCreds } = await useMultiFileAuthState(process.env.BOT_AUTH ?? 'auth')
const start = () => {
  const bot = makeWASocket({ auth: state, waWebSocketUrl: ws, version: [2, 3000, 1027934701] })
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
