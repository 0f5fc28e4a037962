/* Adds the visitor's own time to times of the shop, where the clocks differ: <time datetime="…Z"
   data-visitor-time="your time">. Without JavaScript, the shop's time alone is shown. */
const SHOP = "America/Regina";

const clock = (moment, options) => moment.toLocaleString("en-CA", { hourCycle: "h23", hour: "numeric", minute: "2-digit", ...options });

for (const time of document.querySelectorAll("time[data-visitor-time]")) {
  const moment = new Date(time.dateTime);
  const day = { month: "short", day: "numeric" };
  if (clock(moment, day) === clock(moment, { ...day, timeZone: SHOP })) continue;
  const sameDay = moment.toDateString() === new Date().toDateString();
  const theirs = clock(moment, sameDay ? {} : { weekday: "short", ...day });
  time.after(` (${theirs} ${time.dataset.visitorTime})`);
}
