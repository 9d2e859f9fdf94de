import { readdirSync, readFileSync } from 'node:fs';
const base='/work/wt-serving/test/bench/serving/';
const { ServingBench } = await import(base+'serving-bench.ts');
const { saturate } = await import(base+'throughput-rows.ts');
const { FrameLoad, latencies } = await import(base+'frame-load.ts');
const bench = await ServingBench.start();
if (process.env.PROF) {}
const cpu=(pid:number)=>new Map(readdirSync(`/proc/${pid}/task`).map(t=>{const s=readFileSync(`/proc/${pid}/task/${t}/stat`,'utf8');const f=s.slice(s.lastIndexOf(')')+2).split(' ');return [t,(Number(f[11])+Number(f[12]))*10] as const}));
for (const [model,streams] of [['bench-echo',32],['bench-echo',1],['resmasking-compact',1]] as const){
  const before=cpu(bench.pid), c0=process.cpuUsage();
  const ms=6000;
  const r=await saturate(bench.address,{model},ms,streams);
  const after=cpu(bench.pid), c1=process.cpuUsage(c0);
  const frames=r.rate*ms/1000;
  const rows=[...after].map(([t,v])=>[t,v-(before.get(t)??0)] as const).filter(([,v])=>v>50).sort((a,b)=>b[1]-a[1]);
  console.log(model,streams,'rate',r.rate.toFixed(0),'batch',r.batch.toFixed(1),'client cpu us/frame',((c1.user+c1.system)/frames).toFixed(0), 'server threads us/frame', rows.map(([t,v])=>`${t===String(bench.pid)?'MAIN':t}:${(v*1000/frames).toFixed(0)}`).join(' '));
}
await bench.stop();
process.exit(0);
