// What an app does that the policy must let it, and what it must not.
const shown = document.getElementById("path");
shown.textContent = location.pathname;

// As Fluent UI adds its rules: an empty element, and the CSSOM.
const added = document.createElement("style");
document.head.append(added);
added.sheet.insertRule("#path { text-indent: 7px; }");

// And by properties of an element.
shown.style.marginTop = "5px";
