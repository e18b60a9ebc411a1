// Makes an element's content like new markup with as few changes as will do, so that focus, selection, scrolling and what
// a person has opened stay as they are.

/** Children with an id are found again by it, others by their place and kind. */
export function morph(element, markup) {
  const template = document.createElement("template");
  template.innerHTML = markup;
  children(element, template.content);
}

function children(old, fresh) {
  const named = new Map();
  for (const child of old.children) if (child.id) named.set(child.id, child);
  let at = old.firstChild;
  for (const wanted of [...fresh.childNodes]) {
    const known = wanted.id ? named.get(wanted.id) : fits(at, wanted) && !at.id ? at : null;
    if (!known) {
      old.insertBefore(wanted, at);
      continue;
    }
    if (known !== at) old.insertBefore(known, at);
    node(known, wanted);
    at = known.nextSibling;
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

function fits(old, fresh) {
  return old !== null && old.nodeType === fresh.nodeType && old.nodeName === fresh.nodeName;
}

function node(old, fresh) {
  if (old.nodeType !== Node.ELEMENT_NODE) {
    const original = old.original ?? old.nodeValue;
    if (original !== fresh.nodeValue) {
      old.nodeValue = fresh.nodeValue;
      delete old.original;
    }
    return;
  }
  if (old.nodeName !== fresh.nodeName) {
    old.replaceWith(fresh);
    return;
  }
  if (old.isEqualNode(fresh) || "still" in old.dataset) return;
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && !isPersonal(old, name)) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value && !isPersonal(old, name)) old.setAttribute(name, value);
  }
  children(old, fresh);
}

/** What the person who looks has set, not the server. */
function isPersonal(element, name) {
  return name === "open" && element.nodeName === "DETAILS";
}
