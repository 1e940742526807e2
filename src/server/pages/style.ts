// The style of every page: one sheet of tokens for light and dark, readable at 320 px and with 200 % zoom.

/** Served as /backout.css. */
export const style = `
:root {
  color-scheme: light dark;
  --paper: light-dark(#ffffff, #14171c);
  --raised: light-dark(#f4f6f8, #1e232b);
  --ink: light-dark(#1a1f27, #e9edf2);
  --quiet: light-dark(#525c69, #a9b4c2);
  --line: light-dark(#c5ccd6, #3b4450);
  --good: light-dark(#0b6b34, #63d392);
  --attention: light-dark(#835000, #f2b84b);
  --bad: light-dark(#b01610, #ff938a);
  --working: light-dark(#0a55ad, #8fbcff);
  --deviation: light-dark(#6b2fa0, #cfa4ff);
  --press: light-dark(#0a55ad, #2a6fc9);
}
* { box-sizing: border-box; }
html { font: 1rem/1.5 system-ui, sans-serif; background: var(--paper); color: var(--ink); scroll-padding: 4rem 0 9rem; }
body { margin: 0; }
.top { display: flex; flex-wrap: wrap; gap: 0 1rem; align-items: baseline; justify-content: space-between; padding: .5rem 1rem; border-bottom: 1px solid var(--line); position: sticky; top: 0; background: var(--paper); z-index: 2; }
form.person { display: flex; gap: .5rem; align-items: baseline; margin: 0; }
.home { font-weight: 700; color: inherit; text-decoration: none; padding: .5rem 0; }
main { max-width: 72rem; margin: 0 auto; padding: 0 1rem; outline: none; min-height: calc(100vh - 3.5rem); }
h1 { font-size: 1.375rem; line-height: 1.3; margin: 1rem 0 .5rem; overflow-wrap: anywhere; }
h2 { font-size: 1.0625rem; margin: 1.5rem 0 .5rem; }
h3 { font-size: .9375rem; margin: 0 0 .5rem; color: var(--quiet); font-weight: 600; }
p { margin: .375rem 0; overflow-wrap: anywhere; }
ul, ol { list-style: none; margin: 0; padding: 0; }
a { color: var(--working); }
code { font-family: ui-monospace, monospace; font-size: .9em; }
.skip { position: absolute; left: -999rem; }
.skip:focus { left: 1rem; top: .5rem; background: var(--paper); padding: .5rem 1rem; z-index: 3; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); margin: 0; }
:focus-visible { outline: 3px solid var(--working); outline-offset: 2px; }
.clock, .time, time, #clock { font-variant-numeric: tabular-nums; }
#clock, .why, .wants { color: var(--quiet); }
.frame { border: 2px solid currentColor; border-radius: .25rem; padding: 0 .375rem; font-size: .8125rem; letter-spacing: .05em; vertical-align: .1em; }
.mark { display: inline-block; min-width: 1.25em; text-align: center; font-family: "DejaVu Sans", "Segoe UI Symbol", system-ui, sans-serif; }
.good > .mark, .good .name > .mark { color: var(--good); }
.attention > .mark, .attention .name > .mark { color: var(--attention); }
.bad > .mark, .bad .name > .mark { color: var(--bad); }
.working > .mark, .working .name > .mark { color: var(--working); }
.deviation > .mark, .deviation .name > .mark { color: var(--deviation); }
.unknown > .mark { border: 1px dashed currentColor; border-radius: 50%; }
.said.bad { color: var(--bad); }
.headline { font-size: 1.125rem; font-weight: 600; }
.headline.good { color: var(--good); }
.headline.attention { color: var(--attention); }
.alert { border: 2px solid var(--bad); border-radius: .375rem; padding: .5rem .75rem; }
progress { width: 100%; max-width: 40rem; height: .625rem; accent-color: var(--working); display: block; }
.waits li, .evidence li { padding: .125rem 0; overflow-wrap: anywhere; }
.stages { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 15rem), 1fr)); gap: 1rem; }
.stages > li { border: 1px solid var(--line); border-radius: .5rem; padding: .75rem; background: var(--raised); min-width: 0; }
.step { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 0 .75rem; padding: .5rem 0; border-top: 1px solid var(--line); }
.step:first-child { border-top: 0; padding-top: 0; }
.step .name { font-weight: 600; overflow-wrap: anywhere; }
.step .words, .step .detail, .step .wants { grid-column: 1 / -1; padding-left: 1.5em; overflow-wrap: anywhere; }
.step .wants { font-size: .875rem; }
.step .time { white-space: nowrap; }
.feed li { padding: .25rem 0; border-top: 1px solid var(--line); overflow-wrap: anywhere; }
.record { display: block; font-size: .875rem; }
.feed time { color: var(--quiet); margin-right: .25rem; }
.card, .turn { border: 1px solid var(--line); border-radius: .5rem; padding: .5rem .75rem; margin: .5rem 0; background: var(--raised); }
.turn, .card.attention { border: 2px solid var(--attention); }
.turn h2 { margin-top: .25rem; }
form { display: grid; gap: .5rem; max-width: 40rem; margin: .5rem 0; }
label { display: grid; gap: .125rem; color: var(--quiet); }
input, select { font: inherit; color: var(--ink); background: var(--paper); border: 1px solid var(--quiet); border-radius: .375rem; padding: .5rem; min-height: 2.75rem; width: 100%; }
input::placeholder { color: var(--quiet); opacity: 1; }
button, .button { font: inherit; font-weight: 600; min-height: 2.75rem; padding: .5rem 1rem; border-radius: .375rem; border: 2px solid var(--press); color: var(--working); background: var(--paper); cursor: pointer; text-align: left; text-decoration: none; display: inline-block; }
.primary { background: var(--press); color: #fff; }
.danger { border-color: var(--bad); color: var(--bad); }
summary { cursor: pointer; min-height: 2.75rem; padding: .5rem 0; font-weight: 600; }
.bar { position: sticky; bottom: 0; background: var(--paper); border-top: 1px solid var(--line); padding: .5rem 0; margin-top: 1.5rem; display: flex; flex-wrap: wrap; gap: .5rem 1.5rem; max-height: 70vh; overflow: auto; }
.bar form { margin: 0; }
.answers { gap: .5rem; }
#orders { display: contents; }
#time { margin: 1rem 0; }
.feed .said.bad { color: inherit; }
.feed .bad > .mark { color: var(--bad); }
@media (max-width: 40rem) { .answers button { width: 100%; } .bar details[open] { width: 100%; } }
@media print { .bar, .top, .turn form { display: none; } }
`;

/** Served as /icon.svg: a way back. */
export const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="3" fill="#0a55ad"/><path d="M7 3 3 6.5 7 10V7.500h2.500a2 2 0 0 1 0 4H6V13h3.500a3.500 3.500 0 0 0 0-7.500H7z" fill="#fff"/></svg>`;
