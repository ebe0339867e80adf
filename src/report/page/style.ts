/** The style of the page. The policy of the page allows this text by its digest, and no other style. */
export const STYLE = `
:root{color-scheme:light dark;--bg:#fff;--fg:#1c2128;--soft:#57606a;--line:#d0d7de;--box:#f6f8fa;
--good:#116329;--goodbg:#dafbe1;--bad:#a40e26;--badbg:#ffebe9;--wait:#7d4e00;--waitbg:#fff8c5;--calm:#0550ae;--calmbg:#ddf4ff;
--canary:#bc4c00;--stable:#0550ae;--bound:#a40e26;--weight:#8250df;--grid:#e4e8ec}
@media(prefers-color-scheme:dark){:root{--bg:#0d1117;--fg:#e6edf3;--soft:#9da7b3;--line:#30363d;--box:#161b22;
--good:#7ee787;--goodbg:#12261e;--bad:#ffa198;--badbg:#2d1316;--wait:#f2cc60;--waitbg:#272115;--calm:#a5d6ff;--calmbg:#0f2334;
--canary:#ffa657;--stable:#79c0ff;--bound:#ff7b72;--weight:#d2a8ff;--grid:#21262d}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:66rem;padding:1rem;background:var(--bg);color:var(--fg);font:16px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}
h1{font-size:1.5rem;line-height:1.25;margin:0}h2{font-size:1.15rem;margin:2rem 0 .6rem;padding-top:.8rem;border-top:1px solid var(--line)}
h3{font-size:1rem;margin:0 0 .3rem}p{margin:.4rem 0}a{color:var(--calm)}ul{margin:.4rem 0;padding-left:1.2rem}
.verdict{padding:1rem 1.2rem;border-radius:.5rem;border-left:.5rem solid}
.verdict h2{font-size:1rem;margin:.6rem 0 .2rem;padding:0;border:0}.verdict .reason{font-size:1.05rem}.icon{display:inline-block;min-width:1.6em}
.good{background:var(--goodbg);border-color:var(--good)}.good h1{color:var(--good)}
.bad{background:var(--badbg);border-color:var(--bad)}.bad h1{color:var(--bad)}
.wait{background:var(--waitbg);border-color:var(--wait)}.wait h1{color:var(--wait)}
.calm{background:var(--calmbg);border-color:var(--calm)}.calm h1{color:var(--calm)}
pre,code{font:.875em/1.45 ui-monospace,monospace;unicode-bidi:isolate}
pre{margin:.4rem 0;padding:.6rem .8rem;background:var(--box);border:1px solid var(--line);border-radius:.4rem;white-space:pre-wrap}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1rem;margin:1rem 0}dt{color:var(--soft)}dd{margin:0}
.scroll{overflow-x:auto}table{overflow-wrap:break-word;border-collapse:collapse;font-size:.9rem;width:100%}
caption{text-align:left;color:var(--soft);font-size:.85rem;padding:.2rem 0}
th,td{text-align:left;vertical-align:top;padding:.3rem .8rem .3rem 0;border-bottom:1px solid var(--line)}
th{font-weight:600}.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}th.n{white-space:normal}td span,td .soft{white-space:nowrap}.t{white-space:nowrap;font-variant-numeric:tabular-nums}
.soft{color:var(--soft)}.ok{color:var(--good)}.no{color:var(--bad);font-weight:600}.warn{color:var(--wait)}
.charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,27rem),1fr));gap:1.5rem}
figure{margin:0;min-width:0}figure svg{display:block;width:100%;height:auto}
figcaption{font-size:.85rem;color:var(--soft)}
svg text{font:12px system-ui,sans-serif;fill:var(--soft)}
.grid{stroke:var(--grid)}.axis{stroke:var(--line)}path{fill:none;stroke-width:2}
.canary{stroke:var(--canary)}.stable{stroke:var(--stable);stroke-dasharray:6 3}.bound{stroke:var(--bound);stroke-dasharray:2 3}
.weight{stroke:var(--weight)}path.area{fill:var(--weight);fill-opacity:.15;stroke:none}
svg text.canary{fill:var(--canary);stroke:none}svg text.stable{fill:var(--stable);stroke:none}
svg text.bound{fill:var(--bound);stroke:none}svg text.weight{fill:var(--weight);stroke:none}
details{margin:.5rem 0}summary{cursor:pointer;color:var(--calm)}
footer{margin-top:2rem;padding-top:.8rem;border-top:1px solid var(--line);color:var(--soft);font-size:.85rem}
@media(max-width:34rem){body{padding:.6rem}dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.5rem}
svg text{font-size:14px}th,td{padding-right:.5rem}}
@media print{html{font-size:10pt}body{max-width:none;padding:0;font-size:10pt}table{font-size:8.5pt}.n,td span,td .soft{white-space:normal}.scroll{overflow:visible}figure,.verdict,tr,pre{break-inside:avoid}h2{break-after:avoid}
.verdict{border-style:solid;border-width:1px 1px 1px .5rem}.charts{grid-template-columns:1fr 1fr}}
`;
