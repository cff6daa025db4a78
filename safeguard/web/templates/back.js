(b=>{let n=b&&+b.dataset.steps;if(n&&history.length>n){b.hidden=false;b.onclick=e=>{e.preventDefault();history.go(-n)}}})(document.getElementById("back"))
