import { environmentFor, startTestServer } from './server.ts';
const s = await startTestServer();
console.log(Object.entries(environmentFor(s)).map(([k,v])=>`export ${k}='${v}'`).join('\n'));
setInterval(()=>{},1e9);
